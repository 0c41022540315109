"""Some thousand rows of a file, merged: one result a row, in the order of the file."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection, transaction

from accounts.choices import IdentityState
from accounts.errors import MergeCycle, MergeTypeMismatch, UnknownWinner
from accounts.models import CrmSource, ExternalIdentity
from accounts.sync.away import REASON
from accounts.sync.clocks import Clock
from accounts.sync.engine import merge, merge_named_rows
from accounts.sync.imports.files import Row
from accounts.sync.imports.rows import Noted, RowItems
from accounts.sync.imports.survey import Survey
from accounts.sync.joining import pair_of, root_of
from accounts.sync.locks import lock_merges
from accounts.sync.objects import SyncObject
from accounts.sync.orders import MergeOrder
from accounts.sync.parse import Failure, Item
from accounts.sync.received import newest_of, note_received
from accounts.sync.results import Result, failed
from accounts.sync.statements import statement
from clg.errors import FieldError, InvalidInput

CHUNK_ROWS: Final = 5_000
# A file with more bad lines than this in its first chunk is the wrong file or has the wrong mapping.
MOST_BAD_SHARE: Final = 0.5


@dataclass(frozen=True)
class Joined:
    """What became of ids that the file lists as merged: new names of a row, rows that went into it, refused merges."""

    names: int = 0
    rows: int = 0
    refused: int = 0


@dataclass
class Merged:
    """What became of the rows of a chunk. `results` are in the order of the rows."""

    rows: Sequence[Row]
    results: list[Result]
    noted: Noted
    joined: Joined
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
        names = [self.items.name(row) for row in rows]
        for row, name in zip(rows, names, strict=True):
            parsed = self._parsed(row, name, noted)
            if isinstance(parsed, Item):
                good.append(parsed)
            else:
                results.append(parsed)
        if is_first:
            self._refuse_mostly_bad(len(rows), results)
        pairs = self.survey.pairs_of(names)
        standing = self._standing(pairs)
        if standing:
            lock_merges()  # before any row is locked
        results += merge(source=self.source, of=self.of, items=good, at=self.at)
        self._note(good, results)
        results.sort(key=lambda result: result.line)
        return Merged(rows, results, noted, self._joined(pairs, standing))

    def _note(self, good: Sequence[Item], results: Sequence[Result]) -> None:
        """The figures of the source's status page."""
        parser = self.items.parser
        stages, parser.unmapped_stages = parser.unmapped_stages, Counter()
        note_received(
            source=self.source, of=self.of, results=results, newest=newest_of(good), stages=stages, at=self.at
        )

    def _parsed(self, row: Row, name: str, noted: Noted) -> Item | Result:
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

    # --- Ids that the file lists as merged ------------------------------------------------------------------
    def _standing(self, pairs: Mapping[str, str]) -> list[str]:
        """Of the losers those that stand for a row of their own."""
        if not pairs:
            return []
        known = ExternalIdentity.objects.filter(source=self.source, object_type=self.of.object_type)
        own = known.filter(external_id__in=list(pairs), state__in=[IdentityState.ACTIVE, IdentityState.DELETED])
        return list(own.order_by("external_id").values_list("external_id", flat=True))

    def _joined(self, pairs: Mapping[str, str], standing: Sequence[str]) -> Joined:
        """Rows go into their winner's row, ids without a row become names of it."""
        if not pairs:
            return Joined()
        clocks = self._clocks({pairs[name] for name in standing})
        # A winner that nobody knows yet may stand further down in the file.
        merged = [self._merge_row(name, pairs[name], clocks[pairs[name]]) for name in standing if pairs[name] in clocks]
        return Joined(self._name(pairs), sum(merged), len(merged) - sum(merged))

    def _clocks(self, winners: set[str]) -> dict[str, Clock]:
        """The newest write to each winner: what a loser says after it goes to the winner."""
        known = ExternalIdentity.objects.filter(source=self.source, object_type=self.of.object_type)
        found = known.filter(external_id__in=winners).select_related("canonical")
        return {name.external_id: pair_of(root_of(name).clock) for name in found}

    def _merge_row(self, loser: str, winner: str, clock: Clock) -> bool:
        """Whether it was merged; a merge in a circle is left."""
        order = MergeOrder(winner, [loser], clock, reason=REASON)
        try:
            with transaction.atomic():
                merge_named_rows(source=self.source, of=self.of, order=order, at=self.at)
        except (UnknownWinner, MergeCycle, MergeTypeMismatch):
            return False
        return True

    def _name(self, pairs: Mapping[str, str]) -> int:
        """How many ids now lead to a row that they never stood for."""
        losers, winners = map(list, zip(*pairs.items(), strict=True))
        values: dict[str, Any] = {"source": self.source.pk, "losers": losers, "winners": winners, "at": self.at}
        with connection.cursor() as cursor:
            cursor.execute(statement(self.of, "alias"), values)
            return int(cursor.fetchone()[0])
