"""Merges of rows and whoever writes pointers to rows take turns.

A writer that reads a row and then writes a pointer to it must not have a merge in between: the pointer would be left
with the hidden loser. Writers share the lock, a merge has it alone. Take it before any row is locked, or two that wait
for each other end in a deadlock. Both last until the transaction ends.
"""

from __future__ import annotations

from typing import Final

from django.db import connection

# Any number.
MERGES_LOCK: Final = 5_014_903


def lock_merges() -> None:
    """Wait for all writers under way; no other begins before this transaction ends."""
    _lock("SELECT pg_advisory_xact_lock(%s)")


def hold_merges_off() -> None:
    """Wait for a merge of rows under way, and let none begin before this transaction ends.

    What was read of a row before may be a loser by now: `MergeEvent.objects.heirs_of` tells.
    """
    _lock("SELECT pg_advisory_xact_lock_shared(%s)")


def _lock(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [MERGES_LOCK])
