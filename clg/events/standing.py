"""How far the outbox is numbered, and how long the oldest event has waited for its number."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from clg.models import FeedState, OutboxEvent


@dataclass(frozen=True)
class Standing:
    """The last position given, and the age in seconds of the oldest event without one: 0 when none waits."""

    position: int
    lag_seconds: float


def feed_standing(*, at: dt.datetime) -> Standing:
    position = FeedState.objects.values_list("last_position", flat=True).first() or 0
    # Partial index clg_outboxevent_unnumbered.
    oldest = OutboxEvent.objects.filter(position=None).order_by("id").values_list("occurred_at", flat=True).first()
    waited = 0.0 if oldest is None else max(0.0, (at - oldest).total_seconds())
    return Standing(position, round(waited, 3))
