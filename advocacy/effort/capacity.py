"""C, the minutes that a champion has left: read from the ledger, never stored. `readiness` 3.3 and 6.2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.db import connection

from advocacy.effort.balances import balances, common_parameters


@dataclass(frozen=True)
class Frees:
    """Minutes used before that come free on a coming day."""

    on: dt.date
    minutes: int


@dataclass(frozen=True)
class Capacity:
    """Minutes in the window of 90 days; a budget of None sets no limit, so nothing is counted down from it.

    `person_left` and `account_left` may be negative (asks made outside the system); `minutes_left` never is.
    """

    person_budget: int | None
    account_budget: int | None
    person_left: int | None
    account_left: int | None
    person_used: int
    frees: tuple[Frees, ...]

    @property
    def minutes_left(self) -> int | None:
        """The smaller of both, at least 0; None where neither is limited."""
        limits = [left for left in (self.person_left, self.account_left) if left is not None]
        return max(0, min(limits)) if limits else None


def capacity_of(champion_ids: Collection[int], *, at: dt.datetime) -> dict[int, Capacity]:
    """Capacity by champion on the day of `at`, all by one statement."""
    with connection.cursor() as cursor:
        cursor.execute(balances() + _sql(), common_parameters(champion_ids, at))
        return {
            pk: Capacity(budget, firm_budget, left, firm_left, used, tuple(map(Frees, days or (), minutes or ())))
            for pk, budget, firm_budget, left, firm_left, used, days, minutes in cursor.fetchall()
        }


@cache
def _sql() -> str:
    return (Path(__file__).parent / "capacity.sql").read_text()
