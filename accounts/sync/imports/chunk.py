"""Some thousand rows of a file, merged: one result a row, in the order of the file."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from accounts.models import CrmSource
from accounts.sync.engine import merge
from accounts.sync.imports.files import Row
from accounts.sync.imports.rows import Noted, RowItems
from accounts.sync.imports.survey import Survey
from accounts.sync.objects import SyncObject
from accounts.sync.parse import Failure, Item
from accounts.sync.received import newest_of, note_received
from accounts.sync.results import Result, failed
from accounts.sync.statements import statement
from clg.errors import FieldError, InvalidInput

CHUNK_ROWS: Final = 5_000
# A file with more bad lines than this in its first chunk is the wrong file or has the wrong mapping.
MOST_BAD_SHARE: Final = 0.5


@dataclass
class Merged:
    """What became of the rows of a chunk. `results` are in the order of the rows."""

    rows: Sequence[Row]
    results: list[Result]
    noted: Noted
    aliases: int = 0
    aliases_taken: int = 0
    outcomes: Counter[str] = field(init=False)
    codes: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.outcomes = Counter(result.outcome for result in self.results)
        self.codes = Counter(error.code for result in self.results for error in result.errors)


@dataclass(frozen=True)
class Merger:
    """Merges the chunks of one file."""

    source: CrmSource
    of: SyncObject
    items: RowItems
    survey: Survey
    at: dt.datetime

    def merge(self, rows: Sequence[Row], *, is_first: bool) -> Merged:
        """Call inside a transaction. Raises `InvalidInput` when most rows of the first chunk are bad."""
        noted, good, results = Noted(), list[Item](), list[Result]()
        for row in rows:
            parsed = self._parsed(row, noted)
            if isinstance(parsed, Item):
                good.append(parsed)
            else:
                results.append(parsed)
        if is_first:
            self._refuse_mostly_bad(len(rows), results)
        results += merge(source=self.source, of=self.of, items=good, at=self.at)
        self._note(good, results)
        results.sort(key=lambda result: result.line)
        redirected = {result.external_id for result in results if result.outcome == "redirected"}
        return Merged(rows, results, noted, *self._alias({item.external_id for item in good}, redirected))

    def _note(self, good: Sequence[Item], results: Sequence[Result]) -> None:
        """The figures of the source's status page."""
        parser = self.items.parser
        stages, parser.unmapped_stages = parser.unmapped_stages, Counter()
        note_received(
            source=self.source, of=self.of, results=results, newest=newest_of(good), stages=stages, at=self.at
        )

    def _parsed(self, row: Row, noted: Noted) -> Item | Result:
        name = self.items.name(row)
        if name in self.survey.losers:
            return Result(row.line, name, "redirected")
        if name in self.survey.repeated:
            error = FieldError("duplicate_in_request", "This id stands in the file twice.", pointer="/external_id")
            return Result(row.line, name, "failed", errors=[error])
        parsed = self.items.parsed(row, noted)
        return failed(parsed) if isinstance(parsed, Failure) else parsed

    def _refuse_mostly_bad(self, rows: int, results: Sequence[Result]) -> None:
        bad = [result for result in results if result.outcome == "failed"]
        if len(bad) > MOST_BAD_SHARE * rows:
            error = bad[0].errors[0]
            raise InvalidInput(
                f"{len(bad)} of the first {rows} rows are bad: is this the right file and mapping? "
                f"The first: line {bad[0].line}, {self.items.column(error)}: {error.detail}",
                code="mostly_bad",
            )

    def _alias(self, written: set[str], redirected: set[str]) -> tuple[int, int]:
        """Names merged away become names of the row they were merged into: how many, and how many have their own row.

        With the winner's row where that stands in the file, and with the loser's, as the winner may be known before.
        """
        pairs = [
            (loser, winner) for loser, winner in self.survey.losers.items() if winner in written or loser in redirected
        ]
        if not pairs:
            return 0, 0
        losers, winners = map(list, zip(*pairs, strict=True))
        values: dict[str, Any] = {"source": self.source.pk, "losers": losers, "winners": winners, "at": self.at}
        with connection.cursor() as cursor:
            cursor.execute(statement(self.of, "alias"), values)
            made, taken = cursor.fetchone()
        return made, taken
