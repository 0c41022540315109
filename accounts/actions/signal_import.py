"""Importing a file of signals: good rows are stored, every bad one is named with line, column, code and sentence."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from accounts.actions.signal import Clock, Named, SignalItem, SignalResult, store_signals
from accounts.models import CrmSource
from accounts.signal_counts import Count, Counting, Stretch, Subject
from accounts.signal_files import BadCell, Layout, Line, counted_number, moment, number, read_lines
from clg.errors import FieldError

# Rows a transaction; 5,000 cost about half a second.
CHUNK: Final = 5000
_TARGET_OF: Final = {
    "/external_id": "external_id",
    "/fields/kind": "kind",
    "/fields/raw": "raw",
    "/fields/observed_at": "observed_at",
    "/relations/account": "account",
    "/relations/contact": "contact",
}
_NO_DATE: Final = "This is no date in any of the formats given."
_Row = TypeVar("_Row")


@dataclass
class ImportReport:
    """Counts of outcomes and everything that was wrong. `empty` are rows without a raw value: no observation."""

    rows: int = 0
    signals: Counter[str] = field(default_factory=Counter)
    empty: int = 0
    failed_rows: int = 0
    bad: list[BadCell] = field(default_factory=list)

    def fail(self, bad: Sequence[BadCell]) -> None:
        self.failed_rows += 1
        self.bad.extend(bad)


@dataclass(frozen=True)
class SignalImport:
    """One file on its way in. `names` is the outside system whose ids stand in it, `at` is now.

    `progress(done, total)` is told in rows; reading comes before storing, so that an id that stands twice fails in both
    rows wherever they are.
    """

    path: Path
    layout: Layout
    source: str
    names: CrmSource
    at: dt.datetime
    progress: Callable[[int, int], None] = lambda done, total: None

    def run(self) -> ImportReport:
        """A file with one observation a row. Raises `InvalidInput` when it cannot be read at all."""
        report, seen = ImportReport(), Counter(line.cells.get("external_id", "") for line in self._lines())
        total, nameless = seen.total(), Counter[str]()
        for lines in _chunks(self._lines(), CHUNK):
            pairs = [(line, item) for line in lines if (item := self._item(line, seen, nameless, report))]
            self._store(pairs, report)
            report.rows += len(lines)
            self.progress(report.rows, total)
        return report

    def run_counting(self, counting: Counting, window: dt.timedelta | None) -> ImportReport:
        """A file of events that count until their end, or for a `window`; stores one signal a subject and moment."""
        report, lines_of = ImportReport(), defaultdict[Subject, list[int]](list)
        for line in self._lines():
            report.rows += 1
            stretch = self._stretch(line, window, report)
            if stretch:
                counting.add(stretch)
                lines_of[stretch.subject].append(line.number)
        total, done, unusable = sum(1 for _ in counting.counts()), 0, set[Subject]()
        for counts in _chunks(counting.counts(), CHUNK):
            results = self._put([self._counted_item(count) for count in counts])
            for count, result in zip(counts, results, strict=True):
                report.signals[result.outcome] += 1
                if result.errors and count.subject not in unusable:
                    unusable.add(count.subject)
                    for number_ in lines_of[count.subject]:
                        report.fail([self._bad(number_, error) for error in result.errors])
            done += len(counts)
            self.progress(done, total)
        return report

    def _lines(self) -> Iterator[Line]:
        return read_lines(self.path, self.layout)

    def _item(self, line: Line, seen: Counter[str], nameless: Counter[str], report: ImportReport) -> SignalItem | None:
        cells = line.cells
        if not cells.get("raw"):
            report.empty += 1
            return None
        observed_at, bad = self._date(line, "observed_at")
        clock, bad_clock = self._clock(line)
        external_id = cells.get("external_id") or self._own_name(line, nameless)
        if cells.get("external_id") and seen[external_id] > 1:
            detail = "This id stands more than once in the file."
            bad.append(BadCell(line.number, self.layout.columns["external_id"], "duplicate_in_request", detail))
        bad += [*bad_clock, *self._missing_account(line)]
        if bad:
            report.fail(bad)
            return None
        return SignalItem(
            kind=cells.get("kind") or self.layout.kind,
            raw=number(cells["raw"], self.layout),
            observed_at=observed_at,
            account=self._account(cells.get("account", "")),
            contact=_named(cells.get("contact", "")),
            external_id=external_id,
            clock=clock,
        )

    def _date(self, line: Line, target: str) -> tuple[dt.datetime | None, list[BadCell]]:
        found = moment(line.cells[target], self.layout)
        bad = [BadCell(line.number, self.layout.columns[target], "invalid_datetime", _NO_DATE)]
        return found, [] if found else bad

    def _clock(self, line: Line) -> tuple[Clock | None, list[BadCell]]:
        if not line.cells.get("updated_at"):
            return None, []
        found, bad = self._date(line, "updated_at")
        return (int(found.timestamp() * 1_000_000), 0) if found else None, bad

    def _own_name(self, line: Line, nameless: Counter[str]) -> str:
        """A row without an id is named by its content, so the same file again changes nothing."""
        cells = line.cells
        content = "\x1f".join([self.layout.kind, *(f"{name}={cells[name]}" for name in sorted(cells))])
        name = "row:" + hashlib.sha256(content.encode()).hexdigest()
        nameless[name] += 1
        return f"{name}:{nameless[name]}"

    def _missing_account(self, line: Line) -> list[BadCell]:
        """A look-up that does not know the cell is told here; whether the account exists, the store tells."""
        lookup, cell = self.layout.lookup, line.cells.get("account", "")
        if lookup is None or not cell or cell in lookup:
            return []
        detail = "The look-up file does not name this."
        return [BadCell(line.number, self.layout.columns["account"], "unknown_relation", detail)]

    def _account(self, cell: str) -> Named | None:
        return _named(cell if self.layout.lookup is None else self.layout.lookup.get(cell, ""))

    def _stretch(self, line: Line, window: dt.timedelta | None, report: ImportReport) -> Stretch | None:
        cells = line.cells
        since, bad = self._date(line, "observed_at")
        until, bad_until = self._date(line, "until") if cells.get("until") else (None, [])
        amount = counted_number(cells["raw"], self.layout) if "raw" in cells else Decimal(1)
        if amount is None:
            detail = "This is no number, and no word that --values gives one."
            bad.append(BadCell(line.number, self.layout.columns["raw"], "invalid_number", detail))
        bad += [*bad_until, *self._missing_account(line)]
        if bad or since is None or amount is None:
            report.fail(bad)
            return None
        account = cells.get("account", "") if self.layout.lookup is None else self.layout.lookup[cells["account"]]
        end = since + window if window else until
        return Stretch((account, cells.get("contact", "")), since, end, amount, cells.get("distinct", ""))

    def _counted_item(self, count: Count) -> SignalItem:
        account, contact = count.subject
        day = count.at.date().isoformat()
        name = hashlib.sha256("\x1f".join([self.layout.kind, account, contact, day]).encode()).hexdigest()
        return SignalItem(
            kind=self.layout.kind,
            raw=count.raw,
            observed_at=count.at,
            account=_named(account),
            contact=_named(contact),
            external_id=f"count:{name}",
        )

    def _store(self, pairs: Sequence[tuple[Line, SignalItem]], report: ImportReport) -> None:
        results = self._put([item for _, item in pairs])
        for (line, _), result in zip(pairs, results, strict=True):
            report.signals[result.outcome] += 1
            if result.errors:
                report.fail([self._bad(line.number, error) for error in result.errors])

    def _put(self, items: Sequence[SignalItem]) -> list[SignalResult]:
        return store_signals(items, source=self.source, names=self.names, at=self.at)

    def _bad(self, line: int, error: FieldError) -> BadCell:
        target = _TARGET_OF.get(error.pointer, "")
        return BadCell(line, self.layout.columns.get(target, target), error.code, error.detail)


def _named(external_id: str) -> Named | None:
    return Named(external_id=external_id) if external_id else None


def _chunks(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while piece := list(islice(iterator, size)):
        yield piece
