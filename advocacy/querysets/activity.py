"""Reading what champions did and which buyers it met."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Account, Opportunity
from advocacy.permissions import sees_everything
from advocacy.querysets.sibling import rows_of


class ActivityQuerySet(models.QuerySet[Any]):
    """Acts of champions."""

    def visible_to(self, user: Any) -> Self:
        """Acts of the accounts in sight."""
        if sees_everything(user):
            return self
        return self.filter(account__in=Account.objects.visible_to(user))

    def standing(self) -> Self:
        """Acts that were not withdrawn and repeat no other."""
        return self.filter(withdrawn_at=None, duplicate_of=None)

    def with_reach(self) -> Self:
        """Adds `encounter_count` and `deal_count`: how many buyers and deals the act met, withdrawn ones aside."""
        encounters = _counted(
            rows_of("Encounter").filter(activity=OuterRef("pk"), withdrawn_at=None), "activity", Count("pk")
        )
        touches = rows_of("Touch").filter(activity=OuterRef("pk"), superseded_at=None, void_reason="")
        deals = _counted(touches, "activity", Count("opportunity", distinct=True))
        return self.annotate(encounter_count=encounters, deal_count=deals)

    def for_list(self) -> Self:
        """What the list of activities shows, in one query."""
        return self.select_related("champion__contact", "champion__account", "account").with_reach()


class EncounterQuerySet(models.QuerySet[Any]):
    """Meetings of an act with a buyer."""

    def visible_to(self, user: Any) -> Self:
        """Encounters of acts, or with deals, in sight."""
        if sees_everything(user):
            return self
        seen = Q(activity__account__in=Account.objects.visible_to(user))
        return self.filter(seen | Q(opportunity__in=Opportunity.objects.visible_to(user)))

    def without_deal(self) -> Self:
        """Those that met no deal so far."""
        return self.filter(touches=None)

    def for_list(self) -> Self:
        """What the list of encounters shows, in one query."""
        rows = self.select_related(
            "activity__champion__contact",
            "activity__champion__account",
            "opportunity",
            "buyer_account",
            "buyer_contact",
        )
        touches = rows_of("Touch").filter(encounter=OuterRef("pk"), superseded_at=None)
        return rows.annotate(touch_count=_counted(touches, "encounter", Count("pk")))


def _counted(rows: models.QuerySet[Any], by: str, number: Count) -> Coalesce:
    """A count by subquery: two joins at once would multiply each other."""
    grouped = rows.order_by().values(by).annotate(n=number).values("n")
    return Coalesce(Subquery(grouped, output_field=models.IntegerField()), 0)
