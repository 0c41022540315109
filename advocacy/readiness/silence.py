"""Sources that have fallen silent: no signal of a kind for three of its half-lives, when scoring passes them over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Max

from accounts.choices import SIGNAL_KINDS
from accounts.models import Signal
from advocacy.choices import WeightSetState
from advocacy.models import ReadinessWeight

HALF_LIVES: Final = 3


@dataclass(frozen=True)
class Silence:
    """One source and kind, and its newest signal."""

    source: str
    kind: str
    newest_at: dt.datetime

    @property
    def label(self) -> str:
        return SIGNAL_KINDS[self.kind].label


def silent_sources(*, reader: Any, at: dt.datetime) -> list[Silence]:
    """Silent pairs of source and kind, longest silent first; kinds without weight or half-life never are."""
    weights = ReadinessWeight.objects.filter(
        model__state=WeightSetState.ACTIVE, weight__gt=0, half_life_days__isnull=False
    )
    half_lives = weights.values_list("kind", "half_life_days")
    limits = {kind: dt.timedelta(days=(days or 0) * HALF_LIVES) for kind, days in half_lives}
    newest = (
        Signal.objects.visible_to(reader)
        .filter(is_current=True, kind__in=limits)
        .order_by()
        .values_list("source", "kind")
        .annotate(newest=Max("observed_at"))
        .order_by("newest")
    )
    return [Silence(source, kind, seen) for source, kind, seen in newest if at - seen > limits[kind]]
