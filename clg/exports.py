"""The one writer of files that people take away: CSV whose text no spreadsheet takes for a formula. `security` 8."""

from __future__ import annotations

import codecs
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Final

from defusedcsv import csv

FORMULA_SIGNS: Final = "=+-@\t\r\n\0＝＋－＠"
"""A text that begins with one of these could be run by the program that opens it; it gets an apostrophe."""

Cell = str | int | Decimal | dt.date | dt.datetime | None


# The library adds two of its own.
_GUARDED: Final = FORMULA_SIGNS + "|%"


def csv_file(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark that spreadsheets look for. Numbers and dates (ISO 8601) stay such, unknown is empty."""
    return b"".join(csv_lines(head, rows))


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The same file line by line: of a long one no more than a line is held."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    yield codecs.BOM_UTF8
    for row in chain([head], rows):
        writer.writerow([_plain(cell) for cell in row])
        yield written.getvalue().encode()
        written.seek(0)
        written.truncate()


def _plain(cell: Cell) -> str | int | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, int | Decimal):
        return cell
    return f"'{cell}" if cell.startswith(tuple(FORMULA_SIGNS)) else cell


def without_apostrophe(cell: str) -> str:
    """A cell of a file that we wrote, as it was before the apostrophe that guards it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] and cell[1] in _GUARDED else cell
