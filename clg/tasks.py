"""Celery entry points of the ground floor."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from clg.events import sweep as sweeping
from clg.logs import get_logger

_log = get_logger("clg.tasks")


@shared_task(name="clg.sweep", soft_time_limit=60, time_limit=90)
def sweep() -> None:
    """One round of the sweeper, unless this tick has been claimed already."""
    found = sweeping.sweep(at=timezone.now())
    if found and (found.numbered or any(found.handled.values())):
        _log.info("swept", counts=found.as_json())


@shared_task(name="clg.run_consumers", soft_time_limit=300, time_limit=360)
def run_consumers() -> None:
    """Woken on commit of an event: number and read at once, without waiting for the sweeper."""
    found = sweeping.run_round()
    _log.info("consumers ran", counts=found.as_json())


@shared_task(name="clg.purge", soft_time_limit=600, time_limit=660)
def purge() -> None:
    """Delete what nobody needs any more."""
    _log.info("purged", counts=sweeping.purge(at=timezone.now()))
