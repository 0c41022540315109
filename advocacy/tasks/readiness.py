"""Work on scores and standings in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pghistory
from celery import shared_task
from django.utils import timezone

from advocacy.actions import champion, readiness
from clg.events.origin import Origin, caused_by
from clg.logs import get_logger

_SCORE: Final = "advocacy.score_readiness"
_MOVE: Final = "advocacy.move_standings"
_LIMIT_SECONDS: Final = 600
_log = get_logger("advocacy.readiness")


@shared_task(name=_SCORE, soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 30)
def score_readiness() -> None:
    """Scores until the queue is empty. Repeats and rivals do no harm; what a kill leaves, the next run takes up."""
    with _on_behalf_of(_SCORE):
        run = readiness.score_readiness(at=timezone.now())
    _log.info("scored", task=_SCORE, counts=run.counts)


@shared_task(name=_MOVE, soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 30)
def move_standings() -> None:
    """Wakes, resumes and lapses whoever's time has come."""
    with _on_behalf_of(_MOVE):
        counts = champion.move_standings(at=timezone.now())
    _log.info("moved", task=_MOVE, counts=counts)


@contextmanager
def _on_behalf_of(task: str) -> Iterator[None]:
    """History and outbox name the task."""
    with pghistory.context(task=task), caused_by(Origin(kind="task", actor=task)):
        yield
