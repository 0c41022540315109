"""The history of one row in words: from the audit tables that database triggers write."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.db.models import Model

from clg import wording
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
    """One event: when, by whom (user:3, client:7, a command, a task), what happened, the fields that moved."""

    at: datetime
    actor: str
    door: str
    label: str
    fields: Sequence[FieldChange]


def changes_of(row: Model, *, reader: Any) -> list[Change]:
    """The newest changes of a row, newest first; empty for a model that keeps no history.

    Of a field that the reader may not read it says that it moved, not from what to what.
    """
    events = getattr(row, "history", None)
    if events is None:
        return []
    newest = list(events.select_related("pgh_context").order_by("-pgh_id")[: MOST_EVENTS + 1])
    oldest_first: Iterable[Any] = [None, *reversed(newest)] if len(newest) <= MOST_EVENTS else reversed(newest)
    hidden = {field.name for field in row._meta.concrete_fields if not may_read(reader, type(row), field.name)}
    return [_change(before, event, hidden) for before, event in pairwise(oldest_first)][::-1]


def _change(before: Any, event: Any, hidden: Container[str]) -> Change:
    context = (event.pgh_context.metadata if event.pgh_context else None) or {}
    job = context.get("task") or context.get("command") or ""
    return Change(
        at=event.pgh_created_at,
        actor=str(context.get("actor") or job or "unknown"),
        door=str(context.get("route") or job),
        label=LABELS.get(event.pgh_label, event.pgh_label),
        fields=_moved(before, event, hidden),
    )


def _moved(before: Any, event: Any, hidden: Container[str]) -> list[FieldChange]:
    names = [f for f in event._meta.concrete_fields if not f.name.startswith("pgh_")]
    moved = []
    for field in names:
        old = getattr(before, field.attname) if before is not None else None
        new = getattr(event, field.attname)
        if old != new and not (before is None and new in ("", None, [], {})):
            told = (HIDDEN, HIDDEN) if field.name in hidden else (_shown(old), _shown(new))
            moved.append(FieldChange(str(field.verbose_name), *told))
    return moved


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
