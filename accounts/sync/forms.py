"""How cells of foreign files are written, and the transforms that a mapping may name.

Each function takes a non-empty cell and returns what the API would take, or raises `BadValue`.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from accounts.sync.values import BadValue

_DATE = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")
_DATETIME = re.compile(
    r"(?P<day>\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})"
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_TRUE: Final = frozenset(["true", "t", "1", "yes", "y"])
_FALSE: Final = frozenset(["false", "f", "0", "no", "n"])
# What a file may be written in, and the codec that reads it once its mark is passed.
ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
    "cp1252": "cp1252",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
}
# Places of year, month and day in a date of three parts.
DATE_ORDERS: Final = {"iso": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}


@dataclass(frozen=True)
class FileOptions:
    """How a file is written. `date_format`: iso, dmy or mdy; `invalid_values`: fail, or drop with a warning."""

    delimiter: str = ""
    encoding: str = ""
    time_zone: str = ""
    date_format: str = "iso"
    decimal: str = "."
    invalid_values: str = "fail"


def day(text: str, options: FileOptions) -> str:
    """YYYY-MM-DD; a time behind the day is left out."""
    match = _DATETIME.fullmatch(text)
    if match is None:
        raise BadValue("invalid_date", "This is not a day.")
    return _day(match["day"], options).isoformat()


def _day(text: str, options: FileOptions) -> dt.date:
    match = _DATE.fullmatch(text)
    parts = match.groups() if match else ("", "", "")
    order = DATE_ORDERS["iso" if len(parts[0]) == 4 else options.date_format]
    try:
        year, month, day_ = (parts[index] for index in order)
        if len(year) != 4:
            raise ValueError(year)
        return dt.date(int(year), int(month), int(day_))
    except ValueError:
        raise BadValue("invalid_date", "This is not a day; is the date format the right one?") from None


def moment(text: str, options: FileOptions) -> str:
    """RFC 3339 in UTC. Without an offset the file's time zone counts; a plain day means its first moment there."""
    match = _DATETIME.fullmatch(text)
    if match is None:
        raise BadValue("invalid_datetime", "This is not a moment.")
    day_ = _day(match["day"], options)
    try:
        naive = dt.datetime.combine(day_, _time(match))
        if match["zone"] and match["zone"].upper() not in ("Z", "UTC"):
            zone: dt.tzinfo = _offset(match["zone"])
        else:
            zone = dt.UTC if match["zone"] else _zone(options.time_zone or "UTC")
        # Years before 1000 need their zeros: isoformat writes them.
        return naive.replace(tzinfo=zone).astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise BadValue("invalid_datetime", "This is not a moment.") from None


def moment_or_day(text: str, options: FileOptions) -> str:
    """A moment, or the plain day where no time is given (of a deal it means the day's last moment)."""
    match = _DATETIME.fullmatch(text)
    if match is not None and match["hour"] is None:
        return _day(match["day"], options).isoformat()
    return moment(text, options)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _time(match: re.Match[str]) -> dt.time:
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "pm" else 0)
    micro = int((match["fraction"] or "0").ljust(6, "0")[:6])
    return dt.time(hour, int(match["minute"] or 0), int(match["second"] or 0), micro)


def _offset(text: str) -> dt.timezone:
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return dt.timezone(sign * dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def decimal(text: str, options: FileOptions) -> str:
    """A plain decimal number: currency signs and thousands separators go, (12) is minus 12."""
    negative = text.startswith("(") and text.endswith(")")
    text = re.sub(r"[\s\u00a0'$€£¥()]", "", text)
    if options.decimal == ",":
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    return f"-{text}" if negative else text


def integer(text: str) -> int:
    plain = re.sub(r"[\s\u00a0,']", "", text)
    match = re.fullmatch(r"(-?\d{1,18})(?:\.0+)?", plain, re.ASCII)
    if match is None:
        raise BadValue("invalid_integer", "A whole number is needed here.")
    return int(match[1])


def boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise BadValue("invalid_boolean", "True or false is needed here.")


def url(text: str) -> str:
    """An address; https is meant where none is written."""
    return text if "://" in text else f"https://{text}"


def country(text: str) -> str:
    """The two-letter code of a country by its code or English name."""
    if len(text) == 2:
        return text.upper()
    code = _countries().get(_country_key(text))
    if code is None:
        raise BadValue("invalid_country", "This is no country that we know by that name.")
    return code


@cache
def _countries() -> dict[str, str]:
    table = tomllib.loads((Path(__file__).parent / "countries.toml").read_text(encoding="utf-8"))
    return {_country_key(name): code for code, names in table.items() for name in names}


def _country_key(name: str) -> str:
    return re.sub(r"\W+", "", name).lower()


def mapped(table: Mapping[str, str]) -> Callable[[str], str]:
    """Their value to ours, case aside; `*` stands for every other value."""
    plain = {key.lower(): value for key, value in table.items()}
    rest = table.get("*")
    return lambda text: plain.get(text.lower(), text if rest is None else rest)


STEPS: Final[dict[str, Callable[[str], Callable[[str], Any]]]] = {
    "trim": lambda _: str.strip,
    "lower": lambda _: str.lower,
    "upper": lambda _: str.upper,
    "url": lambda _: url,
    "country": lambda _: country,
    "boolean": lambda _: boolean,
    # Days, moments and numbers are read by the field's own form; the words are kept for mappings that spell them out.
    "date": lambda _: str,
    "datetime": lambda _: str,
    "decimal": lambda _: str,
    "prefix": lambda sign: lambda text: f"{sign}{text}",
    "strip": lambda sign: lambda text: text.strip(sign),
    "split": lambda sign: lambda text: [part.strip() for part in text.split(sign) if part.strip()],
    "first": lambda _: lambda parts: parts[0] if parts else "",
}
