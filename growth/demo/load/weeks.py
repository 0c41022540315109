"""Half a year of Mondays: each champion's readiness as it would have been scored then, so that history has a shape."""

from __future__ import annotations

import datetime as dt
from typing import Final

from advocacy.actions.readiness import score_readiness
from advocacy.models import ChampionEvent
from growth.demo.seed import Seed

WEEKS: Final = 26


def load_weeks(seed: Seed) -> None:
    """Score the pool of each past Monday in turn. The present week is left to the worker."""
    monday = seed.at - dt.timedelta(days=seed.at.weekday())
    start = monday.replace(hour=0, minute=0, second=0, microsecond=0)
    for weeks_ago in range(WEEKS, 0, -1):
        at = start - dt.timedelta(weeks=weeks_ago)
        score_readiness(at=at, champion_ids=_pool_at(at))


def _pool_at(at: dt.datetime) -> list[int]:
    nominated = ChampionEvent.objects.filter(action="nominate", at__lte=at)
    return sorted(set(nominated.values_list("champion_id", flat=True)))
