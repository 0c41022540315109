"""Reading what champions did and which buyers it met."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.models import Account, Opportunity
from accounts.principals import ApiPrincipal
from advocacy.choices import Question
from advocacy.querysets.champion import shown_company, shown_name, shown_title
from advocacy.querysets.sibling import rows_of
from advocacy.querysets.sight import activity_q, champion_q, encounter_q
from clg.querysets import ListedQuerySet


class ActivityQuerySet(ListedQuerySet[Any]):
    """Acts of champions."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(activity_q(principal))

    def of_known(self, reader: Any, column: str, values: Iterable[object]) -> Self:
        """Acts of champions in the reader's sight whose column holds one of the values."""
        return self.filter(champion_q(reader, prefix="champion__"), **{f"{column}__in": list(values)})

    def of_company(self, reader: Any, column: str, values: Iterable[object]) -> Self:
        """The same by the company, which a client reads of every act in its sight."""
        if isinstance(reader, ApiPrincipal):
            return self.having(column, values)
        return self.of_known(reader, column, values)

    def recorded_as(self, source: Any, refs: Any) -> Self:
        """Those that a CRM source wrote under one of its own ids; none without a source."""
        return self.filter(source=f"crm:{source.slug}", source_ref__in=refs) if source else self.none()

    def withdrawn_or_not(self, wanted: bool) -> Self:
        """Those that were withdrawn, or those that were not."""
        return self.filter(withdrawn_at__isnull=not wanted)

    def standing(self) -> Self:
        """Acts that were not withdrawn and repeat no other."""
        return self.filter(withdrawn_at=None, duplicate_of=None)

    def withdrawn(self) -> Self:
        return self.filter(withdrawn_at__isnull=False)

    def with_reach(self) -> Self:
        """Adds `encounter_count` and `deal_count`: how many buyers and deals the act met, withdrawn ones aside."""
        encounters = _counted(
            rows_of("Encounter").filter(activity=OuterRef("pk"), withdrawn_at=None), "activity", Count("pk")
        )
        touches = rows_of("Touch").filter(activity=OuterRef("pk"), superseded_at=None, void_reason="")
        deals = _counted(touches, "activity", Count("opportunity", distinct=True))
        return self.annotate(encounter_count=encounters, deal_count=deals)

    def with_receipts(self) -> Self:
        """Adds `sourced_minor` and `influenced_minor`, the credit the act holds under the default models, NULL for
        none, and `reporting_currency`."""
        lines = rows_of("Credit").filter(touch__activity=OuterRef("pk"), credit_set__head__model__is_default=True)
        earned = {
            f"{question}_minor": Subquery(
                lines.filter(credit_set__model__question=question)
                .order_by()
                .values("touch__activity")
                .annotate(n=Sum("reporting_minor"))
                .values("n"),
                output_field=models.BigIntegerField(),
            )
            for question in Question.values
        }
        return self.annotate(**earned, reporting_currency=Value(settings.CLG_CURRENCY))

    def for_list(self, reader: Any) -> Self:
        """What the list of activities shows this reader, in one query."""
        rows = self.select_related("champion__account").with_reach()
        return rows.annotate(
            shown_name=shown_name(reader, "champion__"),
            shown_title=shown_title(reader),
            shown_company=shown_company(reader),
        )


class EncounterQuerySet(ListedQuerySet[Any]):
    """Meetings of an act with a buyer."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(encounter_q(principal))

    def recorded_as(self, source: Any, refs: Any) -> Self:
        """Those that a CRM source wrote under one of its own ids; none without a source."""
        return self.filter(source=f"crm:{source.slug}", source_ref__in=refs) if source else self.none()

    def withdrawn_or_not(self, wanted: bool) -> Self:
        """Those that were withdrawn, or those that were not."""
        return self.filter(withdrawn_at__isnull=not wanted)

    def without_deal(self) -> Self:
        """Those that met no deal so far."""
        return self.exclude(Exists(rows_of("Touch").filter(encounter=OuterRef("pk"), superseded_at=None)))

    def with_deal(self) -> Self:
        """Those that met at least one deal."""
        return self.filter(Exists(rows_of("Touch").filter(encounter=OuterRef("pk"), superseded_at=None)))

    def for_list(self, reader: Any) -> Self:
        """What the list of encounters shows this reader, in one query."""
        touches = rows_of("Touch").filter(encounter=OuterRef("pk"), superseded_at=None)
        rows = self.select_related("activity__champion__account")
        return rows.annotate(
            touch_count=_counted(touches, "encounter", Count("pk")),
            shown_name=shown_name(reader, "activity__champion__"),
            shown_title=shown_title(reader, "activity__"),
            shown_buyer=_shown_buyer(reader),
        )


def _shown_buyer(reader: Any) -> Combinable:
    """The deal or the account on the buyer's side where it is in the reader's sight, else empty."""
    deals = Opportunity.objects.visible_to(reader).filter(pk=OuterRef("opportunity"))
    accounts = Account.objects.visible_to(reader).filter(pk=OuterRef("buyer_account"))
    return Coalesce(Subquery(deals.values("name")[:1]), Subquery(accounts.values("name")[:1]), Value(""))


def _counted(rows: models.QuerySet[Any], by: str, number: Count) -> Coalesce:
    """A count by subquery: two joins at once would multiply each other."""
    grouped = rows.order_by().values(by).annotate(n=number).values("n")
    return Coalesce(Subquery(grouped, output_field=models.IntegerField()), 0)
