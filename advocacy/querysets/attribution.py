"""Reading touches, models, runs and the credit ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat

from accounts.models import Opportunity, User
from advocacy.attribution.cohorts import Cohort
from advocacy.choices import Question, Rung, SetState
from advocacy.permissions import may_see_attribution
from advocacy.querysets.champion import shown_name, shown_title
from advocacy.querysets.sibling import rows_of
from advocacy.querysets.sight import champion_q, deal_q
from clg.querysets import ListedQuerySet

WEAK_RUNGS = (Rung.ACCOUNT, Rung.DOMAIN, Rung.PARENT)
"""Rungs that know no person on the buyer's side."""


DOUBLE_WITHIN_SECONDS = 86_400
"""Two records of one act are at most this far apart."""

PROGRESS = ("deals_done", "sets_written", "lines_written")
"""Counters that the ranges of a run keep."""


@dataclass(frozen=True)
class Receipt:
    """Credit in minor units of the reporting currency under one question, and the number of deals it came from."""

    question: str
    currency: str
    minor: int
    deals: int


class OfDealQuerySet(ListedQuerySet[Any]):
    """Rows that belong to a deal: seen by whoever sees the deal."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(deal_q(principal))


class TouchQuerySet(OfDealQuerySet):
    """Encounters tied to deals."""

    def current(self) -> Self:
        return self.filter(superseded_at=None)

    def void(self, wanted: bool) -> Self:
        """Those that may earn nothing any more, or those that may."""
        return self.exclude(void_reason="") if wanted else self.filter(void_reason="")

    def counting(self) -> Self:
        """Current and not void: a model may credit them."""
        return self.current().filter(void_reason="")

    def weak(self) -> Self:
        """Tied without knowing a person on the buyer's side."""
        return self.filter(rung__in=WEAK_RUNGS)

    def suspected_doubles(self) -> Self:
        """Another act of the same champion and kind, from another source, met the same deal within 24 hours."""
        return self.filter(Exists(_doubles(OuterRef)))

    def doubles_of(self, touch: Any) -> Self:
        """The other touches that may be the same act as this one, the earliest recorded first."""
        found = _doubles(lambda name: getattr(touch, name))
        return self.filter(pk__in=found.values("pk")).order_by("activity_id", "pk")

    def holding_credit(self) -> Self:
        """Those that earn something now, under any model."""
        return self.filter(Exists(rows_of("Credit").filter(touch=OuterRef("pk"), credit_set__head__isnull=False)))

    def unaccepted(self) -> Self:
        """Those that nobody has looked at and called right, as they stand."""
        return self.exclude(Exists(_acceptances()))

    def weak_to_review(self) -> Self:
        """Weak ties that hold credit now."""
        return self.counting().weak().holding_credit().unaccepted()

    def doubles_to_review(self) -> Self:
        return self.counting().suspected_doubles().unaccepted()

    def to_review(self) -> Self:
        """What a person should look at: weak ties that hold credit now, and suspected doubles."""
        weak, doubles = self.weak_to_review(), self.doubles_to_review()
        return self.filter(Q(pk__in=weak.values("pk")) | Q(pk__in=doubles.values("pk")))

    def with_review(self) -> Self:
        """Adds `is_double`, whether it looks like the same act as another, and `accepted_at`, NULL for not."""
        return self.annotate(
            is_double=Exists(_doubles(OuterRef)), accepted_at=Subquery(_acceptances().values("recorded_at")[:1])
        )

    def with_receipts(self) -> Self:
        """Adds `earned_minor`: the credit the touch holds under the default influenced model, NULL for none."""
        lines = rows_of("Credit").filter(
            touch=OuterRef("pk"),
            credit_set__head__model__is_default=True,
            credit_set__model__question=Question.INFLUENCED,
        )
        return self.annotate(
            earned_minor=Subquery(lines.values("reporting_minor")[:1], output_field=models.BigIntegerField())
        )

    def taken_back(self) -> Self:
        """Current touches that a person or a client withdrew, or that repeat another act."""
        return self.current().void(True)

    def for_list(self, reader: Any) -> Self:
        """What the list of touches shows this reader, in one query."""
        rows = self.select_related("opportunity", "activity", "champion__account").with_review()
        return rows.annotate(shown_name=shown_name(reader, "champion__"), shown_title=shown_title(reader, "activity__"))


def _doubles(of: Callable[[str], Any]) -> Any:
    """Touches that count, of another act and source, with the deal, champion and kind of a touch, within 24 hours.

    `of` names a column of that touch: `OuterRef` in a subquery, else its value. advocacy_touch_deal.
    """
    rows = rows_of("Touch").filter(superseded_at=None, void_reason="")
    same = rows.filter(
        opportunity=of("opportunity"), champion=of("champion"), activity_kind=of("activity_kind")
    ).exclude(activity=of("activity"))
    apart = models.Func(
        F("occurred_at") - of("occurred_at"),
        template="abs(extract(epoch FROM %(expressions)s))",
        output_field=models.FloatField(),
    )
    return same.exclude(source=of("source")).annotate(apart=apart).filter(apart__lte=DOUBLE_WITHIN_SECONDS)


def _acceptances() -> Any:
    return rows_of("TouchAcceptance").filter(touch=OuterRef("pk"), superseded_at=None)


class DirtyQuerySet(models.QuerySet[Any]):
    """Marks of work to do. They vanish with the commit of their credit, so a mark says that credit is still to come."""

    def reaching(self, opportunity: Any) -> Self:
        """Marks whose work may move the credit of this deal: its own, its encounters' and its account's."""
        named = rows_of("Encounter").filter(opportunity=opportunity).values("pk")
        touching = rows_of("Touch").filter(opportunity=opportunity, superseded_at=None).values("encounter")
        encounters = Q(encounter_id__in=named) | Q(encounter_id__in=touching)
        return self.filter(Q(opportunity_id=opportunity.pk) | encounters | Q(account_id=opportunity.account_id))


class AttributionReadQuerySet(ListedQuerySet[Any]):
    """Models and runs: the same for everybody who may look at attribution."""

    def visible_to(self, principal: Any) -> Self:
        return self if may_see_attribution(principal) else self.none()


class RunQuerySet(AttributionReadQuerySet):
    """Runs with their progress."""

    def with_progress(self) -> Self:
        """Adds `deals_done`, `sets_written` and `lines_written`, summed over the ranges; 0 before the first."""
        ranges = rows_of("AttributionRunRange").filter(run=OuterRef("pk")).order_by().values("run")
        return self.annotate(
            **{name: Coalesce(Subquery(ranges.annotate(n=Sum(name)).values("n")), 0) for name in PROGRESS}
        )

    def with_requester(self) -> Self:
        """Adds `requester`: the name of our person who asked for the run, else what is stored, such as `system`."""
        code = Concat(Value("user:"), Cast("pk", models.CharField()), output_field=models.CharField())
        people = User.objects.annotate(code=code).filter(code=OuterRef("requested_by")).exclude(name="")
        return self.annotate(requester=Coalesce(Subquery(people.values("name")[:1]), F("requested_by")))


class ModelQuerySet(AttributionReadQuerySet):
    """Models with what they cover."""

    def with_deal_count(self, reader: Any) -> Self:
        """Adds `deal_count`: deals in the reader's sight that the model covers now."""
        heads = rows_of("CreditHead").filter(deal_q(reader), model=OuterRef("pk"), credit_set__state=SetState.LINES)
        grouped = heads.order_by().values("model").annotate(n=Count("pk")).values("n")
        return self.annotate(deal_count=Coalesce(Subquery(grouped, output_field=models.IntegerField()), 0))


class CreditSetQuerySet(OfDealQuerySet):
    """All credit of a deal under a model, one generation each."""

    def for_list(self) -> Self:
        return self.select_related("opportunity", "model", "head")


class CreditHeadQuerySet(OfDealQuerySet):
    """The credit that holds now, one row a (model, deal)."""

    def in_scope(self) -> Self:
        """Deals the model covers: their set has lines."""
        return self.filter(credit_set__state=SetState.LINES)

    def of_default_models(self) -> Self:
        """Under the default model of each question."""
        return self.filter(model__is_default=True)

    def with_line(self, column: str, values: Iterable[object]) -> Self:
        """With a line that holds one of the values, such as a rung or an activity."""
        wanted = values if isinstance(values, models.QuerySet) else list(values)
        lines = rows_of("Credit").filter(credit_set=OuterRef("credit_set"), **{f"{column}__in": wanted})
        return self.filter(Exists(lines))

    def with_champion(self, reader: Any, column: str, values: Iterable[object]) -> Self:
        """With a line of one of these champions, of those in the reader's sight."""
        known = rows_of("Champion").filter(champion_q(reader), **{f"{column}__in": list(values)})
        return self.with_line("touch__champion", known.values("pk"))

    def flagged(self, flags: Iterable[str]) -> Self:
        """Whose set carries one of the flags."""
        return self.filter(credit_set__flags__overlap=list(flags))

    def unattributed(self, wanted: bool) -> Self:
        """With a part that nothing earned, or without one."""
        lines = Exists(rows_of("Credit").filter(credit_set=OuterRef("credit_set"), touch__isnull=True))
        return self.filter(lines if wanted else ~lines)

    def of_deals_known_as(self, source: Any, external_ids: Iterable[str]) -> Self:
        """Of deals that a source calls by one of these ids."""
        return self.filter(opportunity__in=Opportunity.objects.known_as(source, external_ids))

    def rated(self) -> Self:
        """Of the deals with an exchange rate: those whose money can be summed."""
        return self.filter(credit_set__reporting_minor__isnull=False)

    def in_cohort(self, cohort: Cohort) -> Self:
        """Of the deals of a cohort, by the fact that the set was computed from."""
        return self.filter(cohort.as_q("credit_set__"))

    def credited(self) -> Self:
        """In scope, with at least one touch that earned something."""
        lines = rows_of("Credit").filter(credit_set=OuterRef("credit_set"), touch__isnull=False)
        return self.in_scope().filter(Exists(lines))


class CreditQuerySet(models.QuerySet[Any]):
    """Ledger lines."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(deal_q(principal, prefix="credit_set__"))

    def holding(self) -> Self:
        """Lines of the sets that hold now."""
        return self.filter(credit_set__head__isnull=False)

    def of_default_models(self) -> Self:
        """Lines that hold now under the default model of each question."""
        return self.filter(credit_set__head__model__is_default=True)

    def receipts_of(self, champion: Any) -> list[Receipt]:
        """What a champion's touches earned, one total a question."""
        rows = self.of_default_models().filter(touch__champion=champion)
        grouped = rows.order_by().values(
            question=F("credit_set__model__question"), currency=F("credit_set__reporting_currency")
        )
        totals = grouped.annotate(
            minor=Coalesce(Sum("reporting_minor"), 0), deals=Count("credit_set__opportunity", distinct=True)
        )
        return [Receipt(**row) for row in totals]
