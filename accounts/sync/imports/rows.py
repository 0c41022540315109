"""A row of a file as an item of the merge engine, or as everything that is wrong with it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from accounts.choices import ImportOperation, SourceOrdering
from accounts.models import CrmSource
from accounts.sync.imports.files import ERRORS_COLUMN, LINE_COLUMN, FileForm, Row
from accounts.sync.mapping import FileMapping, RowReader
from accounts.sync.objects import SyncObject
from accounts.sync.parse import Failure, Item, Parser
from accounts.sync.values import BadValue
from clg.api.parsers import loads
from clg.errors import DomainError, FieldError, InvalidInput
from clg.exports import without_apostrophe


@dataclass
class Noted:
    """What a chunk found beside its results: values left out by line, and stages that nobody maps."""

    left_out: dict[int, list[FieldError]] = field(default_factory=dict)
    unknown_stages: Counter[str] = field(default_factory=Counter)


class RowItems(Protocol):
    """Reads the rows of one file as items."""

    @property
    def parser(self) -> Parser:
        """What checks the items; it notes stages that nobody maps."""

    @property
    def unmapped(self) -> Sequence[str]:
        """Headings that no rule reads."""

    def name(self, row: Row) -> str:
        """The external id of a row; empty where it cannot be read."""

    def has_clock(self, row: Row) -> bool:
        """Whether the row says when it was written."""

    def merged(self, row: Row, name: str) -> Iterator[tuple[str, str]]:
        """Pairs of loser and winner that the row tells."""

    def parsed(self, row: Row, noted: Noted) -> Item | Failure:
        """The row as an item, or what is wrong with it."""

    def column(self, error: FieldError) -> str:
        """Where in the file the value stands that an error is about."""


class CsvItems:
    """Rows of a table by the rules of a mapping."""

    def __init__(
        self,
        *,
        source: CrmSource,
        of: SyncObject,
        mapping: FileMapping,
        form: FileForm,
        operation: str,
        default_clock: dt.datetime,
        at: dt.datetime,
    ) -> None:
        """Raises `InvalidInput` when the file has no key column or no column that the mapping knows."""
        self.of, self.mapping, self.operation = of, mapping, operation
        self.reader = RowReader(mapping, of, source, form.header)
        _refuse_foreign_form(self.reader, of)
        self.parser = Parser(of, source, at=at, stage_map=mapping.stage_map)
        self.clock = _default_clock(source, default_clock)
        if not (self.clock or self.reader.clock):
            raise InvalidInput(
                "The source orders its writes by versions, so the file needs a column of them: name it as the clock in "
                "the mapping.",
                code="missing_version_column",
            )
        self.open_only = self.reader.open_only()
        # A file of failed rows comes back: what our own writer put before formulas is taken off again.
        self.is_ours = {LINE_COLUMN, ERRORS_COLUMN} <= set(form.header)
        self.unmapped = [name for name in self.reader.unmapped if name not in (LINE_COLUMN, ERRORS_COLUMN)]
        self.columns = {each.target: each.column for each in (*self.reader.fields, *self.reader.relations)}
        self.columns["external_id"] = self.reader.key.column
        self.columns[self.reader.clock_name] = self.reader.clock.column if self.reader.clock else ""

    def cells(self, row: Row) -> list[str]:
        return [without_apostrophe(cell) for cell in row.cells] if self.is_ours else row.cells

    def name(self, row: Row) -> str:
        try:
            return self.parser.external_id(self.reader.external_id(self.cells(row), row.number))
        except BadValue:
            return ""

    def has_clock(self, row: Row) -> bool:
        return self.reader.clock is not None

    def merged(self, row: Row, name: str) -> Iterator[tuple[str, str]]:
        if self.reader.merged_ids is not None and name:
            for loser in str(self.reader.merged_ids.of(self.cells(row)) or "").split(";"):
                if loser.strip() and loser.strip() != name:
                    yield loser.strip(), name
        if self.reader.merged_into is not None and name:
            winner = self.reader.merged_into.of(self.cells(row))
            if winner:
                yield name, self.parser.external_id(str(winner))

    def parsed(self, row: Row, noted: Noted) -> Item | Failure:
        problems: list[tuple[str, BadValue]] = []
        raw = {**self.clock, **self.reader.item(self.cells(row), row.number, problems)}
        self._operate(raw)
        self._close(raw, noted)
        if problems:
            errors = [FieldError(bad.code, bad.detail, pointer=self._pointer(target)) for target, bad in problems]
            return self._repaired(raw, row, errors, noted)
        parsed = self.parser.parse(raw, row.line)
        return self._repaired(raw, row, parsed.errors, noted) if isinstance(parsed, Failure) else parsed

    def _operate(self, raw: dict[str, Any]) -> None:
        """The job's operation, but that a row which says deleted is deleted by every upsert."""
        if self.operation == ImportOperation.DELETE:
            raw.pop("fields", None)
            raw.pop("relations", None)
        if self.operation != ImportOperation.UPSERT:
            raw["op"] = self.operation

    def _close(self, raw: dict[str, Any], noted: Noted) -> None:
        """Leave the closing moment out of a deal that is open; note stages that nobody maps."""
        fields = raw.get("fields")
        if fields is None or "stage" not in self.of.by_name:
            return
        stage = fields.get("stage")
        known = fields.get("outcome") or self.parser.outcome_of(stage or "")
        if known is None and stage:
            noted.unknown_stages[stage] += 1
        if (known or "open") == "open":
            fields.update({name: None for name in self.open_only if name in fields})

    def _repaired(self, raw: dict[str, Any], row: Row, errors: Sequence[FieldError], noted: Noted) -> Item | Failure:
        """The item without its bad values where the mapping says drop; else, or if more is wrong, the failure."""
        name = str(raw.get("external_id") or "")
        targets = {error.pointer.removeprefix("/fields/") for error in errors}
        if self.mapping.options.invalid_values != "drop" or not targets <= set(self.of.by_name):
            return Failure(row.line, name, list(errors))
        raw["fields"] = {key: value for key, value in raw.get("fields", {}).items() if key not in targets}
        if "amount" in targets or "currency" in targets:
            raw["fields"].pop("amount", None)
        parsed = self.parser.parse(raw, row.line)
        if isinstance(parsed, Failure):
            return Failure(parsed.line, parsed.external_id, [*errors, *parsed.errors], parsed.trace_id)
        noted.left_out[row.line] = list(errors)
        return parsed

    def _pointer(self, target: str) -> str:
        if target in self.of.by_name:
            return f"/fields/{target}"
        return f"/relations/{target}" if target in self.columns else f"/{target}"

    def column(self, error: FieldError) -> str:
        target = error.pointer.strip("/").split("/")
        name = target[1] if target[0] in ("fields", "relations") and len(target) > 1 else target[0]
        return self.columns.get(name, "") or name


class JsonItems:
    """Rows that are items of the API already."""

    unmapped: Sequence[str] = ()

    def __init__(
        self, *, source: CrmSource, of: SyncObject, operation: str, default_clock: dt.datetime, at: dt.datetime
    ) -> None:
        self.operation = operation
        self.parser = Parser(of, source, at=at)
        self.clock = _default_clock(source, default_clock)

    def name(self, row: Row) -> str:
        try:
            return self.parser.external_id(_object(row.text).get("external_id", ""))
        except (BadValue, DomainError, TypeError):
            return ""

    def has_clock(self, row: Row) -> bool:
        try:
            return not {"source_updated_at", "source_version"}.isdisjoint(_object(row.text))
        except DomainError:
            return True

    def merged(self, row: Row, name: str) -> Iterator[tuple[str, str]]:
        winner = _object(row.text).get("merged_into_external_id") if name else None
        if isinstance(winner, str) and winner:
            yield name, self.parser.external_id(winner)

    def parsed(self, row: Row, noted: Noted) -> Item | Failure:
        try:
            raw = {**self.clock, "op": self.operation, **_object(row.text)}
        except DomainError as problem:
            return Failure(row.line, "", [FieldError(problem.code, problem.message)])
        if raw["op"] == ImportOperation.DELETE:
            raw = {key: value for key, value in raw.items() if key not in ("fields", "relations")}
        return self.parser.parse(raw, row.line)

    def column(self, error: FieldError) -> str:
        return error.pointer.strip("/")


def _default_clock(source: CrmSource, moment: dt.datetime) -> dict[str, str]:
    """The clock of rows without one; a version cannot be guessed."""
    return {"source_updated_at": moment.isoformat()} if source.ordering == SourceOrdering.UPDATED_AT else {}


def _object(text: bytes) -> Mapping[str, Any]:
    """The object of a line. Raises `DomainError` for anything else."""
    value = loads(text)
    if not isinstance(value, dict):
        raise InvalidInput("A line is one JSON object, an item as the bulk door takes it.", code="invalid_type")
    return value


def _refuse_foreign_form(reader: RowReader, of: SyncObject) -> None:
    if set(reader.unmapped) >= set(reader.header):
        raise InvalidInput(
            f"The mapping knows no column of this file: is it a CSV file of {of.plural} with a line of names? Its "
            f"first line begins with {reader.header[0][:40]!r}.",
            code="no_known_column",
        )
