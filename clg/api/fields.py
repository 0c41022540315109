"""What an answer's fields look like, and the choice of fields: `fields=id,name,account.id`. `crm-sync` section 1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clg import codes, money
from clg.api.parameters import VALUES_MAX, Form, parts, refused


@extend_schema_field({"type": "string", "format": "date-time"})
class Moment(serializers.Field[Any, Any, str, Any]):
    """RFC 3339 in UTC with `Z` and microseconds; a calculation may hand over such a text in another form."""

    def to_representation(self, value: dt.datetime | str) -> str:
        return moment_text(dt.datetime.fromisoformat(value) if isinstance(value, str) else value)


def moment_text(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class Text(serializers.CharField):
    """Text; what was never set or was cleared is null."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_null": True, "read_only": True, **kwargs})

    def to_representation(self, value: Any) -> Any:
        return str(value) or None


@extend_schema_field({"type": "string", "pattern": "^[a-z]{3}_[0-9a-f]{32}$"})
class PublicId(serializers.Field[Any, Any, str, Any]):
    """The opaque id of the row itself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "read_only": True, **kwargs})

    def to_representation(self, value: Any) -> str:
        return codes.name_of(value)


@extend_schema_field({"type": "string", "pattern": "^[a-z]{3}_[0-9a-f]{32}$"})
class RelatedId(serializers.Field[Any, Any, str, Any]):
    """The opaque id of a related row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, **kwargs})

    def to_representation(self, value: Any) -> str:
        return codes.name_of(value)


class Keyed(serializers.Serializer[Any]):
    """An object whose keys are data."""

    @staticmethod
    def member() -> Any:
        """What each value is; None for any JSON. A method, as a serializer takes fields away from its class."""
        return None

    def to_representation(self, instance: Mapping[str, Any]) -> dict[str, Any]:
        member = self.member()
        return {name: value if member is None else member.to_representation(value) for name, value in instance.items()}


def decimal_text(amount: Decimal, currency: str) -> str:
    """An amount with at least the digits of its currency and no idle zeros beyond them."""
    digits = money.digits(currency)
    exact = amount.normalize()
    shown = max(digits, -int(exact.as_tuple().exponent))
    return f"{amount:.{shown}f}"


# A choice of fields: name -> the choice inside it, or None for all of it.
Choice: TypeAlias = dict[str, "Choice | None"]
# The fields there are: name -> those inside it, or None for a plain value.
Known: TypeAlias = Mapping[str, "Known | None"]


def some_fields(known: Known) -> Form[str]:
    """A choice among these fields; read only once `expand` says what else there is."""
    paths = "|".join(path.replace(".", r"\.") for path in _paths(known))
    item = {"type": "string", "pattern": f"^({paths})$"}
    return Form(str, {"type": "array", "items": item, "minItems": 1, "maxItems": VALUES_MAX})


def _paths(known: Known, before: str = "") -> Iterator[str]:
    for name, inner in known.items():
        yield before + name
        yield from _paths(inner or {}, f"{before}{name}.")


def read_choice(text: str, known: Known) -> Choice:
    """The chosen fields. Raises `InvalidParameter` for one that the answer does not have."""
    choice: Choice = {}
    try:
        names = parts(text)
    except ValueError as error:
        raise refused("fields", str(error)) from error
    for name in names:
        _choose(choice, name.split("."), known)
    return choice


def _choose(choice: Choice, path: list[str], known: Known) -> None:
    head, *rest = path
    inner = known.get(head)
    if head not in known or (rest and inner is None):
        raise refused("fields", f"Known fields: {', '.join(sorted(known))}.")
    if not rest:
        choice[head] = None
        return
    below = choice.setdefault(head, {})
    if below is not None and inner is not None:
        _choose(below, rest, inner)


def chosen(value: Any, choice: Choice | None) -> Any:
    """The value with nothing but its chosen fields; a relation out of sight has null in what it does not show."""
    if choice is None or value is None:
        return value
    if isinstance(value, list):
        return [chosen(each, choice) for each in value]
    return {name: chosen(value.get(name), below) for name, below in choice.items()}
