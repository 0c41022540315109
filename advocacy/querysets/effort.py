"""Reading budgets and the ledger of minutes."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from advocacy.permissions import may_see_rules
from advocacy.querysets.champion import shown_name
from advocacy.querysets.sight import champion_q


class BudgetQuerySet(models.QuerySet[Any]):
    """Budgets: those of everybody and of segments are seen with the rules, a champion's with the champion."""

    def visible_to(self, principal: Any) -> Self:
        if not may_see_rules(principal):
            return self.none()
        return self.filter(Q(champion=None) | champion_q(principal, prefix="champion__"))

    def valid_on(self, day: date) -> Self:
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day)

    def for_list(self, reader: Any) -> Self:
        """What the list shows this reader, in one query: the champion as the reader may know the person."""
        return self.select_related("account", "champion__account").annotate(shown_name=shown_name(reader, "champion__"))


class EffortQuerySet(models.QuerySet[Any]):
    """Entries and meters, seen by whoever sees the champion."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(champion_q(principal, prefix="champion__"))
