"""Signals from a CSV file as some system exported it: a mapping of columns instead of a rewritten file.

Straight files hold one observation a row. Files of events (tickets, uses of a feature) hold rows that count for a
while: `Counting` says until when and how, and the raw value at a moment is the sum over the rows that count then.
What a file cannot say is not guessed: a share of paid seats needs seats and active people, so no count of uses
becomes one.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from clg.errors import FieldError, InvalidInput

TARGETS: Final = ("account", "contact", "kind", "raw", "observed_at", "external_id", "updated_at", "until", "distinct")
ISO: Final = "iso"
# Day, month and year in an order of their own, between dots, dashes or slashes; a time may follow.
ORDERS: Final = ("dmy", "mdy")
_ORDERED: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?P<time>([ T]\d\d:\d\d(:\d\d)?)?)")

Cells: TypeAlias = dict[str, str]


@dataclass(frozen=True)
class Layout:
    """How a file is read: `columns` maps our targets to its headers."""

    columns: Mapping[str, str]
    kind: str = ""
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    date_formats: Sequence[str] = (ISO,)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    # What stands in the raw column -> the number it means, such as {"urgent": 6}.
    values: Mapping[str, str] = field(default_factory=dict)
    # Value of the account column -> the account's external id, where the file names something else.
    lookup: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Line:
    """One record: the line of the file where it begins and its mapped cells, trimmed."""

    number: int
    cells: Cells


@dataclass(frozen=True)
class BadCell:
    """Why a record cannot be used, in the words of the result file."""

    line: int
    column: str
    code: str
    detail: str


def read_lines(path: Path, layout: Layout) -> Iterator[Line]:
    """Records one by one. Raises `InvalidInput` for a file that is not such a table at all."""
    with path.open(encoding=layout.encoding, newline="") as file:
        reader = csv.reader(file, delimiter=layout.delimiter, strict=True)
        try:
            places = _places(next(reader, []), layout)
            before = reader.line_num
            for row in reader:
                if any("\0" in cell for cell in row):
                    raise _unreadable(f"Line {before + 1} holds a NUL; it is no text file.", "file")
                if row:
                    cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
                    yield Line(before + 1, cells)
                before = reader.line_num
        except UnicodeDecodeError as error:
            raise _unreadable(f"It is not {layout.encoding} from byte {error.start} on.", "encoding") from error
        except csv.Error as error:
            raise _unreadable(f"Line {reader.line_num}: {error}.", "delimiter") from error


def _places(header: Sequence[str], layout: Layout) -> dict[str, int]:
    names = [name.strip() for name in header]
    missing = [column for column in layout.columns.values() if column not in names]
    if missing:
        raise _unreadable(f"It has no column {', '.join(missing)}; its columns are {', '.join(names)}.", "columns")
    return {target: names.index(column) for target, column in layout.columns.items()}


def _unreadable(detail: str, parameter: str) -> InvalidInput:
    return InvalidInput(detail, errors=[FieldError("invalid_file", detail, parameter=parameter)])


def moment(text: str, layout: Layout) -> dt.datetime | None:
    """The moment of a cell by the first format that fits; without an offset it is the file's zone, a day its begin."""
    for pattern in layout.date_formats:
        try:
            found = _by_format(text, pattern)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=layout.zone)
    return None


def _by_format(text: str, pattern: str) -> dt.datetime:
    if pattern == ISO:
        return dt.datetime.fromisoformat(text)
    if pattern not in ORDERS:
        return dt.datetime.strptime(text, pattern)  # noqa: DTZ007 - the caller adds the file's zone
    parts = _ORDERED.fullmatch(text)
    if parts is None:
        raise ValueError
    found = dict(zip(pattern, parts.groups(), strict=False))
    return dt.datetime.fromisoformat(f"{found['y']}-{found['m']:0>2}-{found['d']:0>2}{parts['time']}")


def number(text: str, layout: Layout) -> str:
    """The number a raw cell means: its own, or that of its word."""
    return layout.values.get(text, text)


def counted_number(text: str, layout: Layout) -> Decimal | None:
    """The same as an exact number to sum; None when it is none."""
    try:
        found = Decimal(number(text, layout))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def read_lookup(path: Path, key: str, value: str, layout: Layout) -> dict[str, str]:
    """Two columns of another file as a dictionary: how rows that name a subscription come to their account."""
    other = Layout(columns={"key": key, "value": value}, delimiter=layout.delimiter, encoding=layout.encoding)
    return {line.cells["key"]: line.cells["value"] for line in read_lines(path, other)}
