"""Rows that count for a while, summed at chosen moments: open load from tickets, acts in 90 days, features in use.

A row counts from its moment until its end (a column, or so many days later; an empty end means still). At each moment
a subject's raw value is the sum of its counting rows, or of `of` things the share it used (percent). A subject that
the file names at all also gets its zeros: a load that has gone is news.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeAlias

Subject: TypeAlias = tuple[str, str]
_STEP: Final = Decimal("0.0001")


@dataclass(frozen=True)
class Stretch:
    """One row: who it is about, when it counts (`until` None: still), how much, and which thing it names."""

    subject: Subject
    since: dt.datetime
    until: dt.datetime | None
    amount: Decimal = Decimal(1)
    thing: str = ""


@dataclass(frozen=True)
class Count:
    """The raw value of one subject at one moment."""

    subject: Subject
    at: dt.datetime
    raw: Decimal


@dataclass
class Counting:
    """Sums stretches at `moments` (ascending); with `of` it counts different things as a share of that many."""

    moments: Sequence[dt.datetime]
    of: int | None = None
    _first: dict[Subject, int] = field(default_factory=dict)
    _sums: dict[tuple[Subject, int], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    _things: dict[tuple[Subject, int], set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, stretch: Stretch) -> None:
        start = bisect_left(self.moments, stretch.since)
        end = len(self.moments) if stretch.until is None else bisect_left(self.moments, stretch.until)
        self._first[stretch.subject] = min(start, self._first.get(stretch.subject, start))
        for place in range(start, end):
            if self.of is None:
                self._sums[stretch.subject, place] += stretch.amount
            else:
                self._things[stretch.subject, place].add(stretch.thing)

    def counts(self) -> Iterable[Count]:
        """Every subject at every moment since it first stood in the file."""
        for subject, first in sorted(self._first.items()):
            for place in range(first, len(self.moments)):
                yield Count(subject, self.moments[place], self._raw(subject, place))

    def _raw(self, subject: Subject, place: int) -> Decimal:
        if self.of is None:
            return self._sums.get((subject, place), Decimal(0))
        used = len(self._things.get((subject, place), ()))
        return (Decimal(100 * used) / self.of).quantize(_STEP, ROUND_HALF_UP)


def mondays(first: dt.datetime, last: dt.datetime) -> list[dt.datetime]:
    """Each Monday 00:00 UTC after `first` and not after `last`."""
    day = first.astimezone(dt.UTC).date()
    monday = dt.datetime.combine(day + dt.timedelta(days=7 - day.weekday()), dt.time(), tzinfo=dt.UTC)
    weeks = max(0, (last - monday) // dt.timedelta(days=7) + 1)
    return [monday + dt.timedelta(weeks=week) for week in range(weeks)]
