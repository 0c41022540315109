"""Reading grants, their events, notices, places of use and takedowns."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from advocacy.choices import GrantState
from advocacy.querysets.sight import grant_q

GIVEN_STATES = (GrantState.GRANTED, GrantState.GRANTED_WITH_LIMITS)
# From a part of a grant to the grant, where it is not its own key.
_ROAD = {"TakedownTask": "grant_use__grant__"}


class GrantQuerySet(models.QuerySet[Any]):
    """Grants of persons and companies."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(grant_q(principal))

    def in_force(self, day: date) -> Self:
        """Given and within their term on a day, whether or not the nightly job ran."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), state__in=GIVEN_STATES, valid_from__lte=day)


class GrantPartQuerySet(models.QuerySet[Any]):
    """What hangs on a grant, seen with it."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(grant_q(principal, prefix=_ROAD.get(self.model.__name__, "grant__")))
