"""Work on scores and standings in the background."""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.utils import timezone

from advocacy.actions import champion, readiness
from clg.logs import get_logger

_LIMIT_SECONDS: Final = 600
_log = get_logger("advocacy.readiness")


@shared_task(
    name="advocacy.score_readiness", soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 30, ignore_result=True
)
def score_readiness() -> None:
    """Scores until the queue is empty. Repeats and rivals do no harm; what a kill leaves, the next run takes up."""
    _log.info("scored", counts=readiness.score_readiness(at=timezone.now()).counts)


@shared_task(
    name="advocacy.move_standings", soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 30, ignore_result=True
)
def move_standings() -> None:
    """Wakes, resumes and lapses whoever's time has come."""
    _log.info("moved", counts=champion.move_standings(at=timezone.now()))
