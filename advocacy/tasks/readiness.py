"""Work on scores in the background."""

from __future__ import annotations

from typing import Final

import pghistory
from celery import shared_task
from django.utils import timezone

from advocacy.actions import readiness
from clg.events.origin import Origin, caused_by
from clg.logs import get_logger

_NAME: Final = "advocacy.score_readiness"
_LIMIT_SECONDS: Final = 600
_log = get_logger(_NAME)


@shared_task(name=_NAME, soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 30)
def score_readiness() -> None:
    """Scores until the queue is empty. Repeats and rivals do no harm; what a kill leaves, the next run takes up."""
    with pghistory.context(task=_NAME), caused_by(Origin(kind="task", actor=_NAME)):
        run = readiness.score_readiness(at=timezone.now())
    _log.info("scored", task=_NAME, counts=run.counts)
