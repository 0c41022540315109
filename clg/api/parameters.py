"""Query parameters: each address knows its own, refuses all others, and tells the documents about them."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from django.http import QueryDict
from django.utils.dateparse import parse_date

from clg import codes
from clg.api.errors import InvalidParameter, UnknownParameter
from clg.errors import FieldError

VALUES_MAX: Final = 50
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
UNWANTED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# One value of a list by comma: no control characters, no spaces around it.
_ITEM: Final = r"[^\x00-\x20\x7f,]([^\x00-\x1f\x7f,]*[^\x00-\x20\x7f,])?"
_KEY: Final = r"[-a-zA-Z0-9_]{1,60}"
Parsed: TypeAlias = dict[str, Any]
Schema: TypeAlias = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Form(Generic[T]):
    """How the text of a parameter is read, and the JSON schema that demands exactly the same.

    `read` raises `ValueError` with the sentence for the caller.
    """

    read: Callable[[str], T]
    schema: Schema


@dataclass(frozen=True)
class Parameter:
    """One query parameter of an address."""

    name: str
    form: Form[Any]
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
    if UNWANTED.search(texts[0]):
        raise refused(parameter.name, "Control characters are not allowed.")
    try:
        return parameter.form.read(texts[0])
    except ValueError as error:
        raise refused(parameter.name, str(error)) from error


def refused(name: str, detail: str) -> InvalidParameter:
    return InvalidParameter(
        detail,
        data={"parameter": name},
        errors=[FieldError("invalid_parameter", detail, parameter=name)],
    )


# --- Forms of single values -----------------------------------------------------------------------------------


def whole(low: int, high: int, *, default: int) -> Form[int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"Send a whole number from {low} to {high}.")
        return int(text)

    return Form(read, {"type": "integer", "minimum": low, "maximum": high, "default": default})


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("Send true or false.")
    return text == "true"


TRUTH: Final = Form(_truth, {"type": "boolean"})


def _moment(text: str) -> dt.datetime:
    """RFC 3339 with offset; a plus sign that arrived as a space is one."""
    text = text.replace(" ", "+")
    day = _day_moment(text)
    if day is not None:
        return day
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError
        return _in_utc(dt.datetime.fromisoformat(_to_microseconds(text.upper())))
    except ValueError as error:
        raise ValueError("Send a day (YYYY-MM-DD) or a moment with offset (RFC 3339).") from error


def _day_moment(text: str) -> dt.datetime | None:
    """The first moment of a plain day in UTC."""
    day = parse_date(text) if len(text) == 10 else None
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) if day else None


def _to_microseconds(text: str) -> str:
    return re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text)


def _in_utc(moment: dt.datetime) -> dt.datetime:
    """The moment in UTC; one that an offset moves out of the years 1 to 9999 becomes their first or last."""
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        return dt.datetime.min.replace(tzinfo=dt.UTC) if moment.year == 1 else dt.datetime.max.replace(tzinfo=dt.UTC)


MOMENT: Final = Form(_moment, {"type": "string", "format": "date-time"})


def one_of(choices: Iterable[str], *, default: str | None = None) -> Form[str]:
    allowed = list(choices)

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"Send one of: {', '.join(allowed)}.")
        return text

    schema = {"type": "string", "enum": allowed}
    return Form(read, schema if default is None else {**schema, "default": default})


def public_id(prefix: str) -> Form[uuid.UUID]:
    def read(text: str) -> uuid.UUID:
        found = codes.decode(prefix, text)
        if found is None:
            raise ValueError(f"Send ids that begin with {prefix}_.")
        return found

    return Form(read, {"type": "string", "pattern": f"^{prefix}_[0-9a-f]{{32}}$"})


def judged_later(pattern: str, *, longest: int) -> Form[str]:
    """A text that the door itself refuses in its own words: a cursor, a key that nothing has."""
    return Form(str, {"type": "string", "pattern": f"^{pattern}$", "minLength": 1, "maxLength": longest})


# The key of a row that people name, such as `influenced-linear`; an unknown one is simply not found.
KEY: Final = judged_later(_KEY, longest=60)


# --- Forms of several values, by comma ------------------------------------------------------------------------


def several(one: Form[T]) -> Form[list[T]]:
    """One to fifty values by comma."""
    schema = {"type": "array", "items": dict(one.schema), "minItems": 1, "maxItems": VALUES_MAX}
    return Form(lambda text: [one.read(part) for part in parts(text)], schema)


def parts(text: str) -> list[str]:
    """Values by comma, at most 50, none empty."""
    found = text.split(",")
    if len(found) > VALUES_MAX:
        raise ValueError(f"At most {VALUES_MAX} values.")
    if not all(found):
        raise ValueError("Send one or more values, by comma.")
    return found


def texts(longest: int = 255) -> Form[list[str]]:
    item = re.compile(_ITEM)

    def read(text: str) -> str:
        if len(text) > longest or not item.fullmatch(text):
            raise ValueError(f"A value has 1 to {longest} characters, no control characters, no spaces around it.")
        return text

    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": f"^{_ITEM}$"}
    return several(Form(read, schema))


def some_of(choices: Iterable[str]) -> Form[list[str]]:
    return several(one_of(choices))


def public_ids(prefix: str) -> Form[list[uuid.UUID]]:
    return several(public_id(prefix))
