"""Phrases about leased work: who may take a piece of it."""

from __future__ import annotations

import datetime as dt
from typing import Self, TypeVar

from django.db.models import Model, Q

from clg.choices import WorkState
from clg.querysets import ListedQuerySet

Row = TypeVar("Row", bound=Model)


class LeasedQuerySet(ListedQuerySet[Row]):
    """Pieces of work, each for one worker at a time."""

    def due(self, at: dt.datetime) -> Self:
        """Work that a worker may take: its time has come, or the lease of whoever had it is over."""
        pending = Q(state=WorkState.PENDING, run_after__lte=at)
        return self.filter(pending | Q(state=WorkState.LEASED, lease_until__lte=at))

    def held(self, at: dt.datetime) -> Self:
        """Work that a living lease keeps from others."""
        return self.filter(state=WorkState.LEASED, lease_until__gt=at)
