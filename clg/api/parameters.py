"""Query parameters: each address knows its own, refuses all others, and tells the documents about them."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from django.http import QueryDict
from django.utils.dateparse import parse_date

from clg import codes
from clg.api.errors import InvalidParameter, UnknownParameter
from clg.errors import FieldError

VALUES_MAX: Final = 50
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")
_UNWANTED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
Parsed: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """One query parameter: how its text is read, and its JSON schema for the documents."""

    name: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    description: str
    required: bool = False


def read_parameters(query: QueryDict, known: Iterable[Parameter]) -> Parsed:
    """The values by name, only of parameters that were sent.

    Raises `UnknownParameter` naming the allowed ones, `InvalidParameter` naming the parameter, never the value.
    """
    by_name = {parameter.name: parameter for parameter in known}
    unknown = sorted(set(query) - set(by_name))
    if unknown:
        raise UnknownParameter(
            data={"allowed": sorted(by_name)},
            errors=[FieldError("unknown_parameter", "Not a parameter of this address.", parameter=n) for n in unknown],
        )
    return {name: _value(by_name[name], query.getlist(name)) for name in query}


def _value(parameter: Parameter, texts: list[str]) -> Any:
    if len(texts) > 1:
        raise refused(parameter.name, "Send it once; several values go by comma.")
    if _UNWANTED.search(texts[0]):
        raise refused(parameter.name, "Control characters are not allowed.")
    try:
        return parameter.read(texts[0])
    except ValueError as error:
        raise refused(parameter.name, str(error)) from error


def refused(name: str, detail: str) -> InvalidParameter:
    return InvalidParameter(
        detail,
        data={"parameter": name},
        errors=[FieldError("invalid_parameter", detail, parameter=name)],
    )


# --- How texts are read: each raises ValueError with the sentence for the caller ------------------------------


def whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"Send a whole number from {low} to {high}.")
        return int(text)

    return read


def truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("Send true or false.")
    return text == "true"


def truths(text: str) -> list[bool]:
    return [truth(part) for part in parts(text)]


def moment(text: str) -> dt.datetime:
    """RFC 3339 with offset; a plus sign that arrived as a space is one."""
    text = text.replace(" ", "+")
    day = _day_moment(text)
    if day is not None:
        return day
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError
        return dt.datetime.fromisoformat(_to_microseconds(text.upper())).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("Send a day (YYYY-MM-DD) or a moment with offset (RFC 3339).") from error


def _day_moment(text: str) -> dt.datetime | None:
    """The first moment of a plain day in UTC."""
    day = parse_date(text) if len(text) == 10 else None
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) if day else None


def _to_microseconds(text: str) -> str:
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def parts(text: str) -> list[str]:
    """Values by comma, at most 50, none empty."""
    found = [part.strip() for part in text.split(",")]
    if len(found) > VALUES_MAX:
        raise ValueError(f"At most {VALUES_MAX} values.")
    if not all(found):
        raise ValueError("Send one or more values, by comma.")
    return found


def texts(longest: int = 255) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        found = parts(text)
        if any(len(part) > longest for part in found):
            raise ValueError(f"A value has at most {longest} characters.")
        return found

    return read


def one_of(choices: Iterable[str]) -> Callable[[str], str]:
    allowed = list(choices)

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"Send one of: {', '.join(allowed)}.")
        return text

    return read


def some_of(choices: Iterable[str]) -> Callable[[str], list[str]]:
    one = one_of(choices)
    return lambda text: [one(part) for part in parts(text)]


def public_ids(prefix: str) -> Callable[[str], list[uuid.UUID]]:
    def read(text: str) -> list[uuid.UUID]:
        return [_public_id(prefix, part) for part in parts(text)]

    return read


def public_id(prefix: str) -> Callable[[str], uuid.UUID]:
    return lambda text: _public_id(prefix, text)


def _public_id(prefix: str, text: str) -> uuid.UUID:
    found = codes.decode(prefix, text)
    if found is None:
        raise ValueError(f"Send ids that begin with {prefix}_.")
    return found
