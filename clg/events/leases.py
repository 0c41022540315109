"""Claiming and finishing leased work. `crm-sync` section 8.

A claim locks a row that is due, passes those that others are taking, and gives a lease with a new fence. What a worker
found out is written only while its fence holds: one that stalled past its lease and wakes late changes nothing. Work
of a lease that ran out is due again. A family of work names itself here, and every round of the sweeper runs it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

from django.db import transaction
from django.db.models import F

from clg.choices import WorkState
from clg.models.leases import LeasedWork

Work = TypeVar("Work", bound=LeasedWork)
# Does what is due now, within seconds; answers how many pieces.
Run: TypeAlias = Callable[[], int]

LEASE: Final = dt.timedelta(seconds=60)

_families: dict[str, Run] = {}


class LeaseLost(RuntimeError):
    """Somebody else took the work over; what was done since is rolled back."""


def register_work(name: str, run: Run) -> None:
    """Name a family of leased work, in `ready()` of its app."""
    _families[name] = run


def run_due_work() -> dict[str, int]:
    """One turn of every family: name -> pieces done."""
    return {name: _families[name]() for name in sorted(_families)}


@transaction.atomic
def claim(rows: Any, *, at: dt.datetime) -> Any | None:
    """The first due row of a leased queryset, leased to the caller; `None` when there is none that is free."""
    found = rows.due(at).order_by("run_after", "pk").select_for_update(skip_locked=True, of=("self",)).first()
    if found is None:
        return None
    same = type(found)._default_manager.filter(pk=found.pk)
    same.update(state=WorkState.LEASED, lease_until=at + LEASE, fence=F("fence") + 1, attempts=F("attempts") + 1)
    found.state, found.lease_until = WorkState.LEASED, at + LEASE
    found.fence, found.attempts = found.fence + 1, found.attempts + 1
    return found


def finish(row: Any, **columns: object) -> None:
    """End the lease and write what came of it: a new state, a later `run_after`, the worker's findings.

    Call it in the transaction of whatever else is written. Raises `LeaseLost` when the row went to somebody else.
    """
    mine = type(row)._default_manager.filter(pk=row.pk, fence=row.fence, state=WorkState.LEASED)
    if not mine.update(lease_until=None, **columns):
        raise LeaseLost
