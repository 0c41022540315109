"""Positions of the outbox: given after commit, dense, never behind a reader. `crm-sync` section 8.

Sequences and clocks are not safe cursors: a slow transaction commits a low number late. So an event gets its
position from one locked row, in a statement that starts after the lock is held.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.db import connection, transaction

from clg.failpoints import failpoint, register
from clg.models import OutboxEvent

register("numbering_locked", "numbering_before_commit")

# Rows a transaction numbers: the lock is short, and one call more is cheap.
BATCH: Final = 10_000
_LOCK: Final = "SELECT 1 FROM clg_feedstate WHERE id = 1 FOR UPDATE SKIP LOCKED"
_NUMBER: Final = (Path(__file__).parent / "numbering.sql").read_text()


def number_events() -> int:
    """Number what waits and say how many; nothing while somebody else does it."""
    total = 0
    while _anything_waits() and (done := _number_batch()) > 0:
        total += done
    return total


def _anything_waits() -> bool:
    """Asked before the lock, which is a write to the disk: most who look find nothing."""
    return OutboxEvent.objects.filter(position=None).exists()


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
