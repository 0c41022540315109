"""Reading a CRM's file into accounts, contacts or opportunities by a preset, through the merge engine.

The first pass counts the rows and collects the ids that a row lists as merged into itself; the second merges chunks of
5,000, each in its own transaction. Good rows are stored, every bad row is told: line, column, code, sentence.
The same file again carries equal clocks and writes nothing.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Final

from defusedcsv import csv as safe_csv
from django.db import connection, transaction

from accounts.choices import SourceOrdering
from accounts.models import CrmSource
from accounts.sync.engine import Result, failed, merge
from accounts.sync.forms import FileOptions
from accounts.sync.mapping import FileMapping, RowReader
from accounts.sync.objects import SyncObject
from accounts.sync.parse import Failure, Item, Parser
from accounts.sync.received import newest_of, note_received
from accounts.sync.statements import statement
from accounts.sync.values import BadValue
from clg.errors import FieldError, InvalidInput
from clg.events.origin import Origin, caused_by

CHUNK_ROWS: Final = 5_000
# A file with more bad lines than this in its first chunk is the wrong file or has the wrong mapping.
MOST_BAD_SHARE: Final = 0.5
_NEWEST_SPREADSHEET_CELL: Final = 1 << 20


@dataclass(frozen=True)
class Line:
    """One data row: the line of the file where it begins, its number among the data rows, its cells."""

    line: int
    row: int
    cells: list[str]


@dataclass(frozen=True)
class BadRow:
    """One thing wrong with one row. `outcome` is failed, or warning where only a value was left out."""

    line: int
    external_id: str
    column: str
    code: str
    sentence: str
    outcome: str = "failed"


@dataclass
class Report:
    """What an import did. `outcomes` counts rows by outcome; `bad` are its failures and warnings in file order."""

    total: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    bad: list[BadRow] = field(default_factory=list)
    unmapped_columns: list[str] = field(default_factory=list)
    unknown_stages: Counter[str] = field(default_factory=Counter)
    aliases: int = 0
    aliases_taken: int = 0
    seconds: float = 0.0
    dry_run: bool = False

    @property
    def failed(self) -> int:
        return self.outcomes["failed"]

    @property
    def stored(self) -> int:
        return self.total - self.failed

    def summary(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "successful": self.stored,
            "failed": self.failed,
            "counts": dict(sorted(self.outcomes.items())),
            "codes": dict(sorted(self.codes.items())),
            "warnings": {
                "unmapped_columns": self.unmapped_columns,
                "unknown_stages": dict(sorted(self.unknown_stages.items())),
                "values_left_out": sum(1 for row in self.bad if row.outcome == "warning"),
                "merged_ids_in_use": self.aliases_taken,
            },
            "aliases": self.aliases,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.total / self.seconds) if self.seconds else None,
            "dry_run": self.dry_run,
        }


def import_file(
    *,
    source: CrmSource,
    of: SyncObject,
    mapping: FileMapping,
    path: Path,
    at: dt.datetime,
    updated_at: dt.datetime | None = None,
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Import one file. `updated_at` is the clock of rows without one (by default the moment the file was written).

    Raises `InvalidInput` for a file that cannot be read, lacks its key column or is bad in more than half of its first
    chunk; nothing is stored then. A dry run runs and rolls back each chunk.
    """
    started = perf_counter()
    mapping = replace(mapping, options=_settled(mapping.options, path, source))
    run = _Run(source, of, mapping, path, at, updated_at)
    with caused_by(Origin(kind="import", actor=f"import:{path.name[:80]}", source=source.slug)):
        report = run.all(dry_run, on_progress)
    report.seconds = perf_counter() - started
    report.dry_run = dry_run
    return report


def _settled(options: FileOptions, path: Path, source: CrmSource) -> FileOptions:
    """Options with encoding, delimiter and zone filled in from the file and the source."""
    encoding = options.encoding or _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        try:
            first = file.readline(_NEWEST_SPREADSHEET_CELL)
        except UnicodeError as problem:
            raise InvalidInput(f"The file is not written in {encoding}.", code="invalid_encoding") from problem
    delimiter = options.delimiter or max(",;\t|", key=first.count)
    return replace(options, encoding=encoding, delimiter=delimiter, time_zone=options.time_zone or source.time_zone)


def _encoding(path: Path) -> str:
    """UTF-8 (a byte order mark is allowed), UTF-16 by its mark, else Windows 1252."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
            if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
                return "utf-16"
            file.seek(0)
            for block in iter(lambda: file.read(1 << 20), b""):
                if b"\x00" in block:
                    raise InvalidInput("The file holds NUL bytes: it is no text.", code="invalid_encoding")
        path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise InvalidInput(f"The file cannot be read: {problem.strerror}.", code="unreadable_file") from problem
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


class _Run:
    """One import of one file."""

    def __init__(
        self,
        source: CrmSource,
        of: SyncObject,
        mapping: FileMapping,
        path: Path,
        at: dt.datetime,
        updated_at: dt.datetime | None,
    ) -> None:
        self.source, self.of, self.mapping, self.path, self.at = source, of, mapping, path, at
        with self._open() as file:
            header = next(self._csv(file), None)
        if not header:
            raise InvalidInput("The file is empty.", code="empty_file")
        self.reader = RowReader(mapping, of, source, header)
        if set(self.reader.unmapped) >= set(header):
            raise InvalidInput(
                f"The mapping knows no column of this file: is it a CSV file of {of.plural} with a line of names? Its "
                f"first line begins with {header[0][:40]!r}.",
                code="no_known_column",
            )
        self.parser = Parser(of, source, at=at, stage_map=mapping.stage_map)
        if source.ordering == SourceOrdering.VERSION:
            raise InvalidInput(
                "A source ordered by version cannot be imported from files yet.", code="needs_updated_at"
            )
        written = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC)
        self.default_clock = (updated_at or min(written, at)).isoformat()
        self.open_only = self.reader.open_only()
        self.columns = {each.target: each.column for each in (*self.reader.fields, *self.reader.relations)}
        self.columns["external_id"] = self.reader.key.column
        self.columns["source_updated_at"] = self.reader.clock.column if self.reader.clock else ""
        self.report = Report(unmapped_columns=self.reader.unmapped)
        self.losers: dict[str, str] = {}
        self.repeated: set[str] = set()

    def all(self, dry_run: bool, on_progress: Callable[[int, int], None]) -> Report:
        self._first_pass()
        done = 0
        with self._open() as file:
            lines = self._lines(file)
            for number in range(1 + self.report.total // CHUNK_ROWS):
                chunk = list(islice(lines, CHUNK_ROWS))
                with transaction.atomic():
                    self._chunk(chunk, is_first=number == 0)
                    if dry_run:
                        transaction.set_rollback(True)
                done += len(chunk)
                on_progress(done, self.report.total)
        self.report.bad.sort(key=lambda bad: bad.line)
        return self.report

    # --- Reading ---------------------------------------------------------------------------------------------
    def _open(self) -> IO[str]:
        return self.path.open(encoding=self.mapping.options.encoding, newline="")

    def _csv(self, file: IO[str]) -> Any:
        return csv.reader(file, delimiter=self.mapping.options.delimiter)

    def _lines(self, file: IO[str]) -> Iterator[Line]:
        """Data rows with the line where each begins; a quoted line break makes a row longer than a line."""
        rows = self._csv(file)
        next(rows)
        before, row = rows.line_num, 0
        try:
            for cells in rows:
                begins, before = before + 1, rows.line_num
                if cells:
                    row += 1
                    yield Line(begins, row, cells)
        except (csv.Error, UnicodeError) as problem:
            raise InvalidInput(f"Line {rows.line_num} cannot be read: {problem}", code="unreadable_file") from problem

    def _first_pass(self) -> None:
        """Count the rows; find ids merged into others, and ids that stand twice where no clock orders the rows."""
        seen: Counter[str] = Counter()
        with self._open() as file:
            for line in self._lines(file):
                self.report.total += 1
                name = self._name(line)
                if self.reader.clock is None:
                    seen[name] += 1
                for loser, winner in self._merged(line, name):
                    self.losers[loser] = winner
        self.repeated = {name for name, times in seen.items() if times > 1}

    def _name(self, line: Line) -> str:
        try:
            return self.parser.external_id(self.reader.external_id(line.cells, line.row))
        except BadValue:
            return ""

    def _merged(self, line: Line, name: str) -> Iterator[tuple[str, str]]:
        if self.reader.merged_ids is not None and name:
            for loser in str(self.reader.merged_ids.of(line.cells) or "").split(";"):
                if loser.strip() and loser.strip() != name:
                    yield loser.strip(), name
        if self.reader.merged_into is not None and name:
            winner = self.reader.merged_into.of(line.cells)
            if winner:
                yield name, self.parser.external_id(str(winner))

    # --- Chunks ----------------------------------------------------------------------------------------------
    def _chunk(self, chunk: Sequence[Line], *, is_first: bool) -> None:
        items: list[Item] = []
        results: list[Result] = []
        for line in chunk:
            parsed = self._parsed(line)
            if isinstance(parsed, Result):
                results.append(parsed)
            else:
                items.append(parsed)
        bad = sum(result.outcome == "failed" for result in results)
        if is_first and chunk and bad / len(chunk) > MOST_BAD_SHARE:
            raise InvalidInput(
                f"{bad} of the first {len(chunk)} rows are bad: is this the right file and mapping? "
                f"The first: {self._told(results[0])[0]}",
                code="mostly_bad",
            )
        results += merge(source=self.source, of=self.of, items=items, at=self.at)
        self._alias({item.external_id for item in items})
        self._count(results)
        stages, self.parser.unmapped_stages = self.parser.unmapped_stages, Counter()
        note_received(
            source=self.source, of=self.of, results=results, newest=newest_of(items), stages=stages, at=self.at
        )

    def _parsed(self, line: Line) -> Item | Result:
        problems: list[tuple[str, BadValue]] = []
        raw = self.reader.item(line.cells, line.row, problems)
        name = self._name(line)
        if name in self.losers:
            return Result(line.line, name, "redirected")
        if name and name in self.repeated:
            error = FieldError("duplicate_in_request", "This id stands in the file twice.", pointer="/external_id")
            return Result(line.line, name, "failed", errors=[error])
        raw.setdefault("source_updated_at", self.default_clock)
        self._close(raw)
        if problems:
            errors = [FieldError(bad.code, bad.detail, pointer=self._pointer(target)) for target, bad in problems]
            return self._repaired(raw, line, errors)
        parsed = self.parser.parse(raw, line.line)
        return self._repaired(raw, line, parsed.errors) if isinstance(parsed, Failure) else parsed

    def _close(self, raw: dict[str, Any]) -> None:
        """Leave the closing moment out of a deal that is open; note stages that nobody maps."""
        fields = raw.get("fields")
        if fields is None or "stage" not in self.of.by_name:
            return
        stage = fields.get("stage")
        known = fields.get("outcome") or self.parser.outcome_of(stage or "")
        if known is None and stage:
            self.report.unknown_stages[stage] += 1
        if (known or "open") == "open":
            fields.update({name: None for name in self.open_only if name in fields})

    def _pointer(self, target: str) -> str:
        if target in self.of.by_name:
            return f"/fields/{target}"
        return f"/relations/{target}" if target in self.columns else f"/{target}"

    def _repaired(self, raw: dict[str, Any], line: Line, errors: Sequence[FieldError]) -> Item | Result:
        """The item without its bad values where the mapping says drop; else, or if more is wrong, the failure."""
        name = str(raw.get("external_id") or "")
        failure = failed(Failure(line.line, name, list(errors)))
        targets = {error.pointer.removeprefix("/fields/") for error in errors}
        if self.mapping.options.invalid_values != "drop" or not targets <= set(self.of.by_name):
            return failure
        raw["fields"] = {key: value for key, value in raw["fields"].items() if key not in targets}
        if "amount" in targets or "currency" in targets:
            raw["fields"].pop("amount", None)
        parsed = self.parser.parse(raw, line.line)
        if isinstance(parsed, Failure):
            return failed(_with_errors(parsed, errors))
        self.report.bad += [
            BadRow(line.line, name, column, error.code, error.detail, "warning")
            for error, column in ((error, self._column(error)) for error in errors)
        ]
        return parsed

    def _column(self, error: FieldError) -> str:
        target = error.pointer.strip("/").split("/")
        name = target[1] if target[0] in ("fields", "relations") and len(target) > 1 else target[0]
        return self.columns.get(name, "") or name

    def _told(self, result: Result) -> list[str]:
        return [f"line {result.line}, {self._column(error)}: {error.detail}" for error in result.errors]

    def _count(self, results: Sequence[Result]) -> None:
        for result in results:
            self.report.outcomes[result.outcome] += 1
            for error in result.errors:
                self.report.codes[error.code] += 1
                self.report.bad.append(
                    BadRow(result.line, result.external_id, self._column(error), error.code, error.detail)
                )

    def _alias(self, winners: set[str]) -> None:
        """Names that the source merged into rows of this chunk become names of those rows."""
        pairs = [(loser, winner) for loser, winner in self.losers.items() if winner in winners]
        if not pairs:
            return
        with connection.cursor() as cursor:
            losers, kept = map(list, zip(*pairs, strict=True))
            cursor.execute(
                statement(self.of, "alias"),
                {"source": self.source.pk, "losers": losers, "winners": kept, "at": self.at},
            )
            taken = cursor.fetchone()
        self.report.aliases += taken[0]
        self.report.aliases_taken += taken[1]


def _with_errors(failure: Failure, first: Sequence[FieldError]) -> Failure:
    """The failure with the errors found before it in front."""
    return Failure(failure.line, failure.external_id, [*first, *failure.errors], failure.trace_id)


# --- Telling -------------------------------------------------------------------------------------------------
def write_results(report: Report, path: Path) -> None:
    """One line for each thing wrong: ndjson for a name ending in .ndjson or .jsonl, else CSV that is safe to open."""
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix in (".ndjson", ".jsonl"):
            file.writelines(json.dumps(_as_dict(bad), ensure_ascii=False) + "\n" for bad in report.bad)
            return
        writer = safe_csv.writer(file)
        writer.writerow(["line", "external_id", "outcome", "column", "code", "sentence"])
        writer.writerows([b.line, b.external_id, b.outcome, b.column, b.code, b.sentence] for b in report.bad)


def _as_dict(bad: BadRow) -> dict[str, Any]:
    error = {"code": bad.code, "column": bad.column, "detail": bad.sentence}
    return {"line": bad.line, "external_id": bad.external_id, "outcome": bad.outcome, "errors": [error]}
