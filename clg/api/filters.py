"""Filters of the lists: django-filter sets whose every filter calls one queryset method.

A filter is also a `Parameter`, so an unknown name is refused before the set sees it and the documents list it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import django_filters
from django import forms
from django.db.models import Model, QuerySet

from clg.api import parameters
from clg.api.parameters import Form, Parameter

Row = TypeVar("Row", bound=Model)


class _Read(forms.Field):
    """A form field whose value was read already by the parameter."""


class Call(django_filters.Filter):
    """Hand the value to a queryset method: `Call("known_as", ...)` becomes `rows.known_as(value)`.

    `before` are arguments that stand before the value; with `for_source` the caller's source comes first of all, with
    `for_reader` the caller.
    """

    field_class = _Read

    def __init__(
        self,
        method: str,
        *before: object,
        form: Form[Any],
        description: str,
        for_source: bool = False,
        for_reader: bool = False,
    ) -> None:
        super().__init__(required=False)
        self.calls = method
        self.before = before
        self.form = form
        self.description = description
        self.for_source = for_source
        self.for_reader = for_reader

    def filter(self, qs: QuerySet[Row], value: Any) -> QuerySet[Row]:
        if value is None:
            return qs
        caller = self.parent.request.user
        source = (getattr(caller, "source", None),) if self.for_source else ()
        reader = (caller,) if self.for_reader else ()
        return getattr(qs, self.calls)(*source, *reader, *self.before, value)

    def as_parameter(self, name: str) -> Parameter:
        return Parameter(name, self.form, self.description)


class ApiFilterSet(django_filters.FilterSet):
    """Filters of one resource. Its data are values that the parameters have read."""

    @classmethod
    def parameters(cls) -> list[Parameter]:
        return [each.as_parameter(name) for name, each in cls.base_filters.items() if isinstance(each, Call)]

    @classmethod
    def apply(cls, rows: QuerySet[Row], values: Mapping[str, Any], request: Any) -> QuerySet[Row]:
        """The rows that every sent filter lets through."""
        filters = cls(data={}, queryset=rows, request=request)
        for name, each in filters.filters.items():
            if name in values:
                rows = each.filter(rows, values[name])
        return filters.finished(rows, values)

    def finished(self, rows: QuerySet[Row], values: Mapping[str, Any]) -> QuerySet[Row]:
        """What holds when a filter was not sent; sets override it."""
        return rows


def texts(column: str, description: str = "", *, longest: int = 255, method: str = "having") -> Call:
    return Call(method, column, form=parameters.texts(longest), description=description or "Exact values, by comma.")


def choices(column: str, allowed: Iterable[str], description: str = "", *, method: str = "having") -> Call:
    return Call(method, column, form=parameters.some_of(allowed), description=description or "One or more, by comma.")


def some(method: str, allowed: Iterable[str], description: str = "") -> Call:
    """One or more of a fixed list, handed to a method that knows its column."""
    return Call(method, form=parameters.some_of(allowed), description=description or "One or more, by comma.")


def ids(column: str, prefix: str, description: str = "", *, method: str = "having", for_reader: bool = False) -> Call:
    """Filter by the public ids of a related row; `column` leads there, such as `account__public_id`."""
    return Call(
        method,
        column,
        for_reader=for_reader,
        form=parameters.public_ids(prefix),
        description=description or "Ids, by comma.",
    )


def external_ids(method: str, description: str = "") -> Call:
    return Call(
        method,
        form=parameters.texts(),
        description=description or "Ids of the caller's own source, by comma; nothing for a person, who has no source.",
        for_source=True,
    )


def since(
    column: str, description: str = "At this moment or later; a day counts from its first moment in UTC."
) -> Call:
    return Call("since", column, form=parameters.MOMENT, description=description)


def before(column: str, description: str = "Before this moment; a day counts from its first moment in UTC.") -> Call:
    return Call("before", column, form=parameters.MOMENT, description=description)


def truth(method: str, description: str) -> Call:
    """true or false, handed on as such."""
    return Call(method, form=parameters.TRUTH, description=description)


def truths(column: str, description: str) -> Call:
    return Call("having", column, form=parameters.several(parameters.TRUTH), description=description)
