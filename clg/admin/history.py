"""The history of one row in words: from the audit tables that database triggers write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model

from clg import wording
from clg.admin.naming import Names
from clg.fieldpolicy import may_read
from clg.wording import UNKNOWN

HIDDEN = "not for your role"
LABELS = {"insert": "Created", "update": "Changed", "delete": "Removed"}
MOST_EVENTS = 200
"""Newest events a page shows; one query with its context, whatever the number."""


_readers: list[Callable[[Any], object]] = []


def register_history_reader(predicate: Callable[[Any], object]) -> None:
    """Who may read histories at all; rows are cut by sight besides. The floor that knows roles registers it."""
    _readers.append(predicate)


def may_read_history(reader: Any) -> bool:
    return any(predicate(reader) for predicate in _readers)


@dataclass(frozen=True)
class FieldChange:
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One event: when, by whom (a name, client:7, a command, a task), what happened, the fields that moved."""

    at: datetime
    actor: str
    door: str
    label: str
    fields: Sequence[FieldChange]


def changes_of(row: Model, *, reader: Any, names: Names) -> list[Change]:
    """The newest changes of a row, newest first; empty for a model that keeps no history.

    Of a field that the reader may not read it says that it moved, not from what to what. Rows and persons that the
    changes lead to are named by one query a model, whatever the number of changes.
    """
    events = getattr(row, "history", None)
    if events is None:
        return []
    newest = list(events.select_related("pgh_context").order_by("-pgh_id")[: MOST_EVENTS + 1])
    named = _named(newest, names)
    oldest_first: Iterable[Any] = [None, *reversed(newest)] if len(newest) <= MOST_EVENTS else reversed(newest)
    hidden = {field.name for field in row._meta.concrete_fields if not may_read(reader, type(row), field.name)}
    return [_change(before, event, named, hidden) for before, event in pairwise(oldest_first)][::-1]


Named = Mapping[type[Model], Mapping[Any, str]]


def _named(events: Sequence[Any], names: Names) -> Named:
    """The names of all rows that the fields of these events lead to, and of the people who made them."""
    keys: dict[type[Model], set[Any]] = defaultdict(set)
    for event in events:
        for field in _fields(event):
            if field.related_model is not None and (key := getattr(event, field.attname)) is not None:
                keys[field.related_model].add(key)
        if person := _person(_context(event)):
            keys[get_user_model()].add(person)
    return {model: names(model, wanted) for model, wanted in keys.items()}


def _change(before: Any, event: Any, named: Named, hidden: Container[str]) -> Change:
    context = _context(event)
    job = context.get("task") or context.get("command") or ""
    code = str(context.get("actor") or job or "unknown")
    return Change(
        at=event.pgh_created_at,
        actor=named.get(get_user_model(), {}).get(_person(context), code),
        door=str(context.get("route") or job),
        label=LABELS.get(event.pgh_label, event.pgh_label),
        fields=_moved(before, event, named, hidden),
    )


def _context(event: Any) -> dict[str, Any]:
    return (event.pgh_context.metadata if event.pgh_context else None) or {}


def _person(context: dict[str, Any]) -> int | None:
    """The key of the user who acted, None for a client, a command or a task."""
    kind, _, key = str(context.get("actor", "")).partition(":")
    return int(key) if kind == "user" and key.isdecimal() else None


def _fields(event: Any) -> list[Any]:
    return [field for field in event._meta.concrete_fields if not field.name.startswith("pgh_")]


def _moved(before: Any, event: Any, named: Named, hidden: Container[str]) -> list[FieldChange]:
    moved = []
    for field in _fields(event):
        old = getattr(before, field.attname) if before is not None else None
        new = getattr(event, field.attname)
        if old != new and not (before is None and new in ("", None, [], {})):
            names = named.get(field.related_model, {})
            told = (HIDDEN, HIDDEN) if field.name in hidden else (_told(field, old, names), _told(field, new, names))
            moved.append(FieldChange(str(field.verbose_name), *told))
    return moved


def _told(field: Any, value: Any, names: Mapping[Any, str]) -> str:
    """The name of a row and not its key; a row that is gone or hidden says so."""
    if field.related_model is None or value is None:
        return _shown(value)
    return names.get(value, f"not shown (no. {value})")


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return UNKNOWN
    if isinstance(value, datetime):
        return wording.moment(value)
    if isinstance(value, date):
        return wording.day(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
