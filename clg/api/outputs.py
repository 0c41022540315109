"""The base of the rows of an answer: how each value is read and written is settled once a page, not once a row.

The library asks anew for each row which fields are readable, how each finds its value and whether that may be called,
which is most of the time of a long page. The answers are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from rest_framework import serializers
from rest_framework.fields import Field, SkipField

_ABSENT: Final = (AttributeError, KeyError, ObjectDoesNotExist)


class _Step(NamedTuple):
    """How one field of the answer comes about; `field` itself answers for what is missing or has to be called."""

    name: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    field: Field[Any, Any, Any, Any]


class Output(serializers.Serializer[Any]):
    """A serializer that only writes."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        written = {}
        for name, read, write, field in self._keyed if isinstance(instance, Mapping) else self._steps:
            try:
                value = read(instance)
            except _ABSENT:
                value = _by_field
            if callable(value):
                try:
                    value = field.get_attribute(instance)
                except SkipField:
                    continue
            written[name] = None if value is None else write(value)
        return written

    @cached_property
    def _steps(self) -> list[_Step]:
        return [_step(field, _attribute_reader(field)) for field in self._readable_fields]

    @cached_property
    def _keyed(self) -> list[_Step]:
        return [_step(field, _key_reader(field)) for field in self._readable_fields]


def _step(field: Any, read: Callable[[Any], Any]) -> _Step:
    own_way = type(field).get_attribute is not Field.get_attribute
    return _Step(str(field.field_name), _by_field if own_way else read, _writer(field), field)


def _attribute_reader(field: Any) -> Callable[[Any], Any]:
    return attrgetter(".".join(field.source_attrs)) if field.source_attrs else _whole


def _key_reader(field: Any) -> Callable[[Any], Any]:
    first, *rest = field.source_attrs or [None]
    if rest:
        return _by_field
    return _whole if first is None else itemgetter(first)


def _whole(row: Any) -> Any:
    return row


def _by_field(row: Any) -> Any:
    """Stands for a value that only the field itself can tell: being callable, it is asked for."""
    return _by_field


def _writer(field: Any) -> Callable[[Any], Any]:
    """What the field does to a value; whole numbers and truths of the database are JSON already."""
    write: Callable[[Any], Any] = field.to_representation
    kind = _PLAIN.get(getattr(write, "__func__", None))
    return write if kind is None else lambda value: value if type(value) is kind else write(value)


_PLAIN: Final[Mapping[Any, type]] = {
    serializers.IntegerField.to_representation: int,
    serializers.BooleanField.to_representation: bool,
}
