"""What became of each row: one JSON object a line, kept gzipped with its chunk; told as ndjson or as failed rows.

A kept line has line, external_id, id, outcome, errors or warnings, and the cells of a failed row. Told are all of that
but the cells, which come back in the file of failed rows: its columns in front, to be repaired and sent again.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from accounts.choices import ImportFormat, ObjectType
from accounts.models import ImportJob
from accounts.sync.imports import storage
from accounts.sync.imports.chunk import Merged
from accounts.sync.imports.files import ERRORS_COLUMN, LINE_COLUMN, FileForm, Row, rows_of
from accounts.sync.imports.rows import RowItems
from accounts.sync.objects import BY_TYPE, SyncObject
from accounts.sync.results import Result
from clg import codes
from clg.errors import FieldError
from clg.exports import csv_lines

SETS: Final = ("successful", "failed", "unprocessed")
# Level 1 packs nearly as well as 9 here, in a tenth of the time.
_LEVEL: Final = 1
Told = dict[str, Any]


def packed(merged: Merged, items: RowItems, prefix: str) -> bytes:
    """The results of a chunk, gzipped."""
    rows = {row.line: row for row in merged.rows}
    lines = [
        _kept(result, rows[result.line], merged.noted.left_out.get(result.line, ()), items, prefix)
        for result in merged.results
    ]
    return gzip.compress(msgspec.json.Encoder().encode_lines(lines), compresslevel=_LEVEL)


def _kept(result: Result, row: Row, left_out: Sequence[FieldError], items: RowItems, prefix: str) -> Told:
    told: Told = {
        "line": result.line,
        "external_id": result.external_id,
        "id": codes.encode(prefix, result.public_id) if result.public_id else None,
        "outcome": result.outcome,
    }
    if result.errors:
        told["errors"] = [_error(error, items) for error in result.errors]
        told["cells"] = row.cells
    if left_out:
        told["warnings"] = [_error(error, items) for error in left_out]
    return told


def _error(error: FieldError, items: RowItems) -> Told:
    return {"code": error.code, "column": items.column(error), "detail": error.detail}


def told_rows(job: ImportJob, wanted: str) -> Iterator[Told]:
    """Rows of one set in the order of the file, each with line, external_id, id, outcome and errors."""
    if wanted == "unprocessed":
        yield from _unprocessed(job)
        return
    for kept in kept_rows(job):
        if (kept["outcome"] == "failed") == (wanted == "failed"):
            kept.pop("cells", None)
            yield kept


def told_lines(job: ImportJob, wanted: str) -> Iterator[bytes]:
    """The same rows as ndjson."""
    encoder = msgspec.json.Encoder()
    for row in told_rows(job, wanted):
        yield encoder.encode(row) + b"\n"


def is_kept(job: ImportJob, wanted: str) -> bool:
    """Whether what became of the rows can still be told: results are kept for 30 days, the file for 7."""
    if wanted == "unprocessed":
        return not job.unprocessed or bool(job.upload)
    return not job.chunks.filter(results=None).exists()


def kept_rows(job: ImportJob) -> Iterator[Told]:
    """Every row that was processed, with its cells where it failed; one chunk is open at a time."""
    chunks = job.chunks.exclude(results=None).order_by("number").values_list("results", flat=True)
    for results in chunks.iterator(chunk_size=1):
        with gzip.open(io.BytesIO(bytes(results or b""))) as lines:
            yield from map(msgspec.json.decode, lines)


def _unprocessed(job: ImportJob) -> Iterator[Told]:
    """The rows behind the last checkpoint, named by their lines; their ids are in the file."""
    if not job.unprocessed or not job.upload:
        return
    form = FileForm(**job.form)
    start = {"byte": job.next_byte, "line": job.next_line, "number": job.processed}
    for row in rows_of(storage.path_of(job.upload), form, **start):
        yield {"line": row.line, "external_id": None, "id": None, "outcome": "unprocessed"}


def failed_file(job: ImportJob) -> bytes:
    """The failed rows as CSV that is safe to open: line and errors, then the columns of the file as they came."""
    return b"".join(failed_lines(job))


def failed_lines(job: ImportJob) -> Iterator[bytes]:
    """The same file line by line."""
    failed = (kept for kept in kept_rows(job) if kept["outcome"] == "failed")
    if job.file_format == ImportFormat.NDJSON:
        return csv_lines(
            [LINE_COLUMN, "external_id", ERRORS_COLUMN],
            ([kept["line"], kept["external_id"], _sentences(kept)] for kept in failed),
        )
    header = [name for name in job.form.get("header", ()) if name not in (LINE_COLUMN, ERRORS_COLUMN)]
    own = len(job.form.get("header", ())) - len(header)
    return csv_lines(
        [LINE_COLUMN, ERRORS_COLUMN, *header],
        ([kept["line"], _sentences(kept), *_whole(kept["cells"][own:], len(header))] for kept in failed),
    )


def _sentences(kept: Told) -> str:
    return " ".join(f"{error['column']}: {error['detail']}" for error in kept["errors"])


def _whole(cells: Sequence[str], width: int) -> list[str]:
    """A row that is shorter than its header, filled up."""
    return [*cells, *[""] * (width - len(cells))]


def prefix_of(job: ImportJob) -> str:
    """The prefix of public ids of the rows: con for contacts."""
    model: Any = object_of(job).model
    return str(model.PUBLIC_PREFIX)


def object_of(job: ImportJob) -> SyncObject:
    """What the rows of the job are."""
    return BY_TYPE[ObjectType(job.object_type)]
