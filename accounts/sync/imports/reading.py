"""The file of a job, ready to be read; which preset fits a file; a sample of its rows as they would be stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from accounts.choices import ImportFormat
from accounts.models import CrmSource, ImportJob, ImportPreset
from accounts.sync.imports import storage
from accounts.sync.imports.files import FileForm, form_of, rows_of
from accounts.sync.imports.results import object_of
from accounts.sync.imports.rows import CsvItems, JsonItems, Noted, RowItems
from accounts.sync.mapping import RowReader, load_preset, mapping_of
from accounts.sync.objects import SyncObject
from accounts.sync.parse import Failure
from clg.errors import InvalidInput

SAMPLE_ROWS: Final = 20


def read_form(job: ImportJob, *, at: dt.datetime) -> tuple[FileForm, RowItems]:
    """How the file is written and the reader of its rows. Raises `InvalidInput` for a file that cannot be read."""
    of, mapping = object_of(job), mapping_of(job.rules, job.preset)
    options = replace(mapping.options, time_zone=mapping.options.time_zone or job.source.time_zone)
    form = form_of(storage.path_of(job.upload), job.file_format, options)
    clock = job.default_clock or job.uploaded_at or at
    if job.file_format == ImportFormat.NDJSON:
        return form, JsonItems(source=job.source, of=of, operation=job.operation, default_clock=clock, at=at)
    return form, CsvItems(
        source=job.source,
        of=of,
        mapping=replace(mapping, options=options),
        form=form,
        operation=job.operation,
        default_clock=clock,
        at=at,
    )


def recognised_preset(path: Path, of: SyncObject, source: CrmSource) -> str:
    """The preset that reads most columns of a file; empty where none knows its key column or two more."""
    read = {name: _columns_read(path, name, of, source) for name in ImportPreset.objects.values_list("name", flat=True)}
    best = max(read, key=lambda name: (read[name], name), default="")
    return best if best and read[best] >= 2 else ""


def _columns_read(path: Path, preset: str, of: SyncObject, source: CrmSource) -> int:
    try:
        mapping = load_preset(preset)
        header = form_of(path, ImportFormat.CSV, mapping.options).header
        return len(RowReader(mapping, of, source, header).used)
    except InvalidInput:
        return 0


@dataclass(frozen=True)
class Sample:
    """The first rows: `head` are our fields; a row has its line and its values, or what is wrong with it."""

    head: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str], str]]
    unmapped: Sequence[str]


def sample_of(job: ImportJob, *, at: dt.datetime) -> Sample:
    """Raises `InvalidInput` for a file that cannot be read."""
    form, items = read_form(job, at=at)
    rows = list(islice(rows_of(storage.path_of(job.upload), form), SAMPLE_ROWS))
    parsed = [(row.line, items.parsed(row, Noted())) for row in rows]
    columns = list(object_of(job).staged_columns())[2:]
    values = {line: dict(zip(columns, item.row, strict=True)) for line, item in parsed if not isinstance(item, Failure)}
    head = [name for name in _shown(object_of(job)) if any(row.get(name) is not None for row in values.values())]
    told = [
        (line, [], "; ".join(f"{items.column(error)}: {error.detail}" for error in item.errors))
        if isinstance(item, Failure)
        else (line, [_text(values[line].get(name)) for name in head], "")
        for line, item in parsed
    ]
    return Sample(head, told, items.unmapped)


def _shown(of: SyncObject) -> list[str]:
    return ["external_id", *(field.name for field in of.fields), *(f"{r.name}_ref" for r in of.relations)]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def columns_of(job: ImportJob, *, at: dt.datetime) -> tuple[dict[str, str], list[str]]:
    """Our fields, relations and `external_id` with the column each is read from, or none; and all columns."""
    form, items = read_form(job, at=at)
    known = items.columns if isinstance(items, CsvItems) else {}
    of = object_of(job)
    names = ["external_id", *(field.name for field in of.fields), *(relation.name for relation in of.relations)]
    return {name: known.get(name, "") for name in names}, list(form.header)
