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
    """`losers`: id -> the id it was merged into; `repeated`: ids that stand twice where no clock orders the rows."""

    total: int = 0
    losers: dict[str, str] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)


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
