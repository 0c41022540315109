"""Reading touches, models, runs and the credit ledger."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import Opportunity
from advocacy.choices import Rung, SetState
from advocacy.permissions import may_view_attribution, sees_everything
from advocacy.querysets.sibling import rows_of

WEAK_RUNGS = (Rung.ACCOUNT, Rung.DOMAIN, Rung.PARENT)
"""Rungs that know no person on the buyer's side."""


class OfDealQuerySet(models.QuerySet[Any]):
    """Rows that belong to a deal: seen by whoever sees the deal."""

    def visible_to(self, user: Any) -> Self:
        if sees_everything(user):
            return self
        return self.filter(opportunity__in=Opportunity.objects.visible_to(user))


class TouchQuerySet(OfDealQuerySet):
    """Encounters tied to deals."""

    def current(self) -> Self:
        return self.filter(superseded_at=None)

    def counting(self) -> Self:
        """Current and not void: a model may credit them."""
        return self.current().filter(void_reason="")

    def weak(self) -> Self:
        """Tied without knowing a person on the buyer's side."""
        return self.filter(rung__in=WEAK_RUNGS)

    def suspected_doubles(self) -> Self:
        """Another act of the same champion and kind, from another source, met the same deal within 24 hours."""
        day = models.Value(86_400, output_field=models.IntegerField())
        others = (
            rows_of("Touch")
            .filter(
                opportunity=OuterRef("opportunity"),
                champion=OuterRef("champion"),
                activity_kind=OuterRef("activity_kind"),
                superseded_at=None,
                void_reason="",
            )
            .exclude(activity=OuterRef("activity"))
            .exclude(source=OuterRef("source"))
            .annotate(
                apart=models.Func(
                    F("occurred_at") - OuterRef("occurred_at"),
                    template="abs(extract(epoch FROM %(expressions)s))",
                    output_field=models.FloatField(),
                )
            )
            .filter(apart__lte=day)
        )
        return self.filter(Exists(others))

    def to_review(self) -> Self:
        """What a person should look at: weak ties of live touches, and suspected doubles."""
        live = self.counting()
        return live.filter(Q(rung__in=WEAK_RUNGS) | Q(pk__in=live.suspected_doubles().values("pk")))

    def for_list(self) -> Self:
        """What the list of touches shows, in one query."""
        return self.select_related("opportunity__account", "activity", "champion__contact", "champion__account")


class AttributionReadQuerySet(models.QuerySet[Any]):
    """Models and runs: the same for everybody who may look at attribution."""

    def visible_to(self, user: Any) -> Self:
        return self if may_view_attribution(user) else self.none()


class CreditSetQuerySet(OfDealQuerySet):
    """All credit of a deal under a model, one generation each."""

    def for_list(self) -> Self:
        return self.select_related("opportunity", "model", "model_version__model", "run")


class CreditHeadQuerySet(OfDealQuerySet):
    """The credit that holds now, one row a (model, deal)."""

    def in_scope(self) -> Self:
        """Deals the model covers: their set has lines."""
        return self.filter(credit_set__state=SetState.LINES)

    def credited(self) -> Self:
        """In scope, with at least one touch that earned something."""
        lines = rows_of("Credit").filter(credit_set=OuterRef("credit_set"), touch__isnull=False)
        return self.in_scope().filter(Exists(lines))


class CreditQuerySet(models.QuerySet[Any]):
    """Ledger lines."""

    def visible_to(self, user: Any) -> Self:
        if sees_everything(user):
            return self
        return self.filter(credit_set__opportunity__in=Opportunity.objects.visible_to(user))

    def holding(self) -> Self:
        """Lines of the sets that hold now."""
        return self.filter(credit_set__head__isnull=False)

    def reporting_total(self) -> int:
        """Sum in minor units of the reporting currency; lines without a rate count as nothing."""
        return self.aggregate(total=Coalesce(Sum("reporting_minor"), 0))["total"]
