"""The form of a file and its rows: CSV in UTF-8, UTF-16 or Windows 1252, or one JSON object a line.

Rows are read from any byte at which a row ends, so that an import goes on where its last checkpoint stands.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from accounts.choices import ImportFormat
from accounts.sync.forms import ENCODINGS, FileOptions
from clg.errors import InvalidInput

_BLOCK: Final = 1 << 20
_LONGEST_LINE: Final = 1 << 20
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# How files of other kinds begin.
_KINDS: Final = {
    b"PK\x03\x04": "an Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
}
_HEAD: Final = 4096
# Columns that our file of failed rows has before those of the import; such a file may be repaired and sent again.
LINE_COLUMN: Final = "clg_line"
ERRORS_COLUMN: Final = "clg_errors"


@dataclass(frozen=True)
class FileForm:
    """How a file is written. `header` and `body`, the byte and the line where rows begin, are those of CSV."""

    format: str
    codec: str
    delimiter: str = ""
    header: tuple[str, ...] = ()
    body: int = 0
    body_line: int = 0


@dataclass(slots=True)
class Row:
    """One row: the line where it begins, its number among the rows, its cells or its JSON, where it ends."""

    line: int
    number: int
    cells: list[str]
    text: bytes
    end: int
    end_line: int


def refuse_other_kinds(path: Path, file_format: str) -> None:
    """Look at how a file begins, whatever it is called. Raises `InvalidInput` for one that is not of the format."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    kind = next((kind for sign, kind in _KINDS.items() if head.startswith(sign)), "")
    is_marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if kind or (b"\0" in head and not is_marked):
        raise InvalidInput(f"This is {kind or 'no text'}; send CSV or ndjson.", code="unsupported_file")
    begins = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if file_format == ImportFormat.NDJSON and begins and begins != b"{":
        raise InvalidInput("ndjson is one JSON object a line.", code="unsupported_file")
    if file_format == ImportFormat.CSV and begins == b"{":
        raise InvalidInput("This looks like ndjson; the import was opened for CSV.", code="unsupported_file")


def form_of(path: Path, file_format: str, options: FileOptions) -> FileForm:
    """Raises `InvalidInput` for a file that is empty or not written as it should be."""
    if file_format == ImportFormat.NDJSON:
        return _ndjson_form(path)
    codec, mark = _codec_of(path, options.encoding)
    with path.open("rb") as file:
        first = next(_TextLines(file, codec, mark), "")
    delimiter = options.delimiter or max(",;\t|", key=first.count)
    with path.open("rb") as file:
        lines = _TextLines(file, codec, mark)
        rows = csv.reader(lines, delimiter=delimiter)
        header = _first_row(rows)
    if not header:
        raise InvalidInput("The file is empty.", code="empty_file")
    return FileForm(file_format, codec, delimiter, tuple(header), lines.byte, rows.line_num)


def rows_of(path: Path, form: FileForm, *, byte: int = 0, line: int = 0, number: int = 0) -> Iterator[Row]:
    """The rows from a checkpoint on, by default from the first. Raises `InvalidInput` where one cannot be read."""
    byte, line = (byte, line) if byte else (form.body, form.body_line)
    with path.open("rb") as file:
        if form.format == ImportFormat.NDJSON:
            yield from _json_rows(file, byte, line, number)
        else:
            yield from _csv_rows(_TextLines(file, form.codec, byte), form.delimiter, line, number)


def _csv_rows(lines: _TextLines, delimiter: str, line: int, number: int) -> Iterator[Row]:
    """A quoted line break makes a row longer than a line; the reader takes no line before it needs it."""
    reader = csv.reader(lines, delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            begins, before = line + before + 1, reader.line_num
            if cells:
                number += 1
                yield Row(begins, number, cells, b"", lines.byte, line + before)
    except csv.Error as problem:
        raise InvalidInput(f"Line {line + reader.line_num} cannot be read: {problem}", code="unreadable_file") from None


def _json_rows(file: BinaryIO, byte: int, line: int, number: int) -> Iterator[Row]:
    file.seek(byte)
    while text := file.readline(_LONGEST_LINE + 1):
        if len(text) > _LONGEST_LINE:
            raise InvalidInput(f"Line {line + 1} is over 1 MiB.", code="unreadable_file")
        byte, line = byte + len(text), line + 1
        if text.strip():
            number += 1
            yield Row(line, number, [], text, byte, line)


class _TextLines:
    """Lines of text from a byte on; `byte` is where the last of them ended."""

    def __init__(self, file: BinaryIO, codec: str, byte: int) -> None:
        file.seek(byte)
        self._text = io.TextIOWrapper(file, encoding=codec, newline="")
        self._codec = codec
        self._is_single = not codec.startswith("utf-16")
        self.byte = byte

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(_LONGEST_LINE)
        except UnicodeError as problem:
            raise InvalidInput(f"The file is not written in {self._codec}.", code="invalid_encoding") from problem
        if not line:
            raise StopIteration
        if len(line) >= _LONGEST_LINE:
            raise InvalidInput("A line is over a million signs.", code="unreadable_file")
        if "\0" in line:
            raise InvalidInput("The file holds NUL bytes: it is no text.", code="invalid_encoding")
        self.byte += len(line) if self._is_single and line.isascii() else len(line.encode(self._codec))
        return line


def _first_row(rows: Any) -> list[str]:
    try:
        return next(rows, [])
    except csv.Error as problem:
        raise InvalidInput(f"The first line cannot be read: {problem}", code="unreadable_file") from problem


def _ndjson_form(path: Path) -> FileForm:
    with _opened(path) as file:
        head = file.read(3)
    if not head.strip():
        raise InvalidInput("The file is empty.", code="empty_file")
    return FileForm(ImportFormat.NDJSON, "utf-8", body=3 if head == codecs.BOM_UTF8 else 0)


def _codec_of(path: Path, wanted: str) -> tuple[str, int]:
    """The codec and the length of the mark: as the mark says, as asked for, as UTF-8 if it is that, else 1252."""
    with _opened(path) as file:
        head = file.read(3)
        marked = next(((codec, len(mark)) for mark, codec in _MARKS if head.startswith(mark)), None)
        if marked:
            return marked
        if wanted:
            return ENCODINGS[wanted], 0
        file.seek(0)
        return ("utf-8" if _is_utf8(file) else "cp1252"), 0


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as problem:
        raise InvalidInput(f"The file cannot be read: {problem.strerror}.", code="unreadable_file") from problem
