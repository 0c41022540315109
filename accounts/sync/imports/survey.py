"""The first pass over a file: how many rows, which ids were merged into others, which stand twice.

It writes nothing, so a worker that takes a job over from a lost one makes it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from accounts.sync.imports.files import Row
from accounts.sync.imports.rows import RowItems
from accounts.sync.values import BadValue
from clg.errors import DomainError, InvalidInput

MOST_ROWS: Final = 1_000_000
# Rows after which the one who waits is told: about a second.
TOLD_EVERY: Final = 50_000


@dataclass
class Survey:
    """`losers`: id -> the id it was merged into in the end; `repeated`: ids that stand twice where no clock orders the
    rows; `by_winner`: id -> the ids that were merged into it.
    """

    total: int = 0
    losers: dict[str, str] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    by_winner: dict[str, list[str]] = field(default_factory=dict)

    def settle(self) -> None:
        """Follow chains to their end; who merges in a circle is merged into nobody."""
        self.losers = {name: end for name in self.losers if (end := self._end_of(name))}
        for loser, winner in self.losers.items():
            self.by_winner.setdefault(winner, []).append(loser)

    def _end_of(self, name: str) -> str | None:
        seen = {name}
        while (name := self.losers[name]) in self.losers:
            if name in seen:
                return None
            seen.add(name)
        return name

    def pairs_of(self, names: Iterable[str]) -> dict[str, str]:
        """Loser and winner wherever one of them is among the names: the row of the other may be known before."""
        found: dict[str, str] = {}
        for name in names:
            if name in self.losers:
                found[name] = self.losers[name]
            found.update(dict.fromkeys(self.by_winner.get(name, ()), name))
        return found


def survey_rows(rows: Iterable[Row], items: RowItems, *, on_progress: Callable[[int], None]) -> Survey:
    """Raises `InvalidInput` for a file without rows, with too many, or of which a row cannot be read at all."""
    found = Survey()
    # Hashes take a third of the room of the ids themselves; two that met would fail one good row in 30 million files.
    seen: set[int] = set()
    for row in rows:
        found.total += 1
        if found.total > MOST_ROWS:
            raise InvalidInput(f"The file has more than {MOST_ROWS:,} rows; send it in parts.", code="too_many_rows")
        name = items.name(row)
        if name:
            _note(found, seen, row, name, items)
        if found.total % TOLD_EVERY == 0:
            on_progress(found.total)
    found.settle()
    return found


def _note(found: Survey, seen: set[int], row: Row, name: str, items: RowItems) -> None:
    if not items.has_clock(row):
        if hash(name) in seen:
            found.repeated.add(name)
        seen.add(hash(name))
    try:
        found.losers.update(items.merged(row, name))
    except (BadValue, DomainError):
        return  # the row itself is told when its turn comes
