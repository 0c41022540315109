"""Waking a worker when a change commits.

The work is a row: a call that is lost costs until the next beat of the schedule, so nothing here may fail or hold up
the change.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from clg.logs import get_logger

# One try, at once; the client's own way is to try for six seconds. Then the schedule does without us for a while.
_ONE_TRY: Final = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
_REST_SECONDS: Final = 30.0

_log = get_logger("clg.waking")


class _Waker:
    """Sends the message, and rests after a broker did not answer."""

    def __init__(self) -> None:
        self.rests_until = 0.0

    def send(self, task: str) -> None:
        if time.monotonic() < self.rests_until:
            return
        try:
            with current_app.connection_for_write(transport_options=_ONE_TRY, connect_timeout=1) as connection:
                current_app.send_task(task, connection=connection, retry=False)
        except OperationalError as error:
            self.rests_until = time.monotonic() + _REST_SECONDS
            _log.warning("broker out of reach; the schedule does it", task=task, error=type(error).__name__)


_waker = _Waker()


def wake_on_commit(task: str) -> None:
    """Queue a task without arguments once the open transaction commits."""
    transaction.on_commit(partial(_waker.send, task))
