"""All periodic work in one list, each with its reason. Tasks of upper floors are named as strings only."""

from __future__ import annotations

from typing import Any, Final

from celery.schedules import crontab

# How often the sweeper looks; whatever Celery lost, two of its rounds put right.
SWEEP_SECONDS: Final = 15

BEAT_SCHEDULE: Final[dict[str, dict[str, Any]]] = {
    # Numbers the outbox, runs due consumers, wakes due work: the safety net under every wake-up call.
    "sweep": {"task": "clg.sweep", "schedule": float(SWEEP_SECONDS)},
    # Answers to keyed requests are kept seven days, claimed ticks one.
    "purge": {"task": "clg.purge", "schedule": crontab(hour=2, minute=40)},
    # Credit follows what changed, and takes over what a lost worker left.
    "attribute_changes": {"task": "advocacy.attribute_changes", "schedule": 30.0},
    # Proves every night that changes runs and a full run agree.
    "attribution_nightly": {"task": "advocacy.attribution_nightly", "schedule": crontab(hour=3, minute=10)},
}
