"""Positions of the outbox: given after commit, dense, never behind a reader. `crm-sync` section 8.

Sequences and clocks are not safe cursors: a slow transaction commits a low number late. So an event gets its
position from one locked row, in a statement that starts after the lock is held. Whoever finds the row locked waits
until the other has committed: otherwise its next statement would miss events that were there before it asked.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from django.db import connection, transaction

from clg.failpoints import failpoint, register
from clg.models import OutboxEvent

register("numbering_locked", "numbering_before_commit")

# Rows a transaction numbers: the lock is short, and one call more is cheap.
BATCH: Final = 10_000
# Another's numbering takes milliseconds; a caller looks again as often, and waits for it no longer than this.
WAIT_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.005
_LOCK: Final = "SELECT 1 FROM clg_feedstate WHERE id = 1 FOR UPDATE SKIP LOCKED"
_NUMBER: Final = (Path(__file__).parent / "numbering.sql").read_text()


def number_events() -> int:
    """Number what was committed before the call and say how many of it; wait for another who is numbering it.

    The wait has an end: behind a lock that is held for longer, callers go on with what has its number, and whoever
    comes next numbers the rest.
    """
    newest, total, until = _newest_waiting(), 0, time.monotonic() + WAIT_SECONDS
    while newest is not None and _waits(newest):
        done = _number_batch()
        total += done
        if not done and time.monotonic() >= until:
            break
        if not done:
            time.sleep(PAUSE_SECONDS)
    return total


def _newest_waiting() -> int | None:
    """Asked before the lock, which is a write to the disk: most who look find nothing. Events of later are not ours."""
    return OutboxEvent.objects.filter(position=None).order_by("-id").values_list("id", flat=True).first()


def _waits(newest: int) -> bool:
    return OutboxEvent.objects.filter(position=None, id__lte=newest).exists()


@transaction.atomic
def _number_batch() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if cursor.fetchone() is None:
            return 0
        failpoint("numbering_locked")
        cursor.execute(_NUMBER, {"most": BATCH})
        count: int = cursor.fetchone()[0]
    failpoint("numbering_before_commit")
    return count
