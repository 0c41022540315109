"""Reading uses, preferences, blackouts and limits of gifts: the rules of asking."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from advocacy.permissions import may_see_asks, may_see_rules
from advocacy.querysets.champion import shown_name
from advocacy.querysets.sight import champion_q


class UseRuleQuerySet(models.QuerySet[Any]):
    """The uses: the same for everybody who may look at rules."""

    def visible_to(self, principal: Any) -> Self:
        return self if may_see_rules(principal) else self.none()


class PreferenceQuerySet(models.QuerySet[Any]):
    """Seen by whoever sees the champion."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(champion_q(principal, prefix="champion__"))


class BlackoutQuerySet(models.QuerySet[Any]):
    """Blackouts: rules for everybody are seen with the rules, those of a champion or account with their rows."""

    def visible_to(self, principal: Any) -> Self:
        if not may_see_rules(principal):
            return self.none()
        wide = Q(champion=None)
        return self.filter(wide | champion_q(principal, prefix="champion__"))

    def over_after(self, day: date) -> Self:
        """Periods that are not over on a day, also those still to come."""
        return self.filter(last_day__gte=day)

    def for_list(self, reader: Any) -> Self:
        """What the list shows this reader, in one query: the champion as the reader may know the person."""
        return self.select_related("account", "champion__account").annotate(shown_name=shown_name(reader, "champion__"))


class GiftLimitQuerySet(models.QuerySet[Any]):
    def visible_to(self, principal: Any) -> Self:
        return self if may_see_rules(principal) else self.none()

    def in_force(self, day: date) -> Self:
        return self.filter(valid_from__lte=day)


class GiftQuerySet(models.QuerySet[Any]):
    """Gifts, seen by those who see asks of everybody."""

    def visible_to(self, principal: Any) -> Self:
        return self if may_see_asks(principal) and may_see_rules(principal) else self.none()
