"""Writing business events. Call `emit` inside the transaction of the change: neither without the other.

Bulk SQL writes the same columns by INSERT ... SELECT into `clg_outboxevent`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from clg.events.origin import Origin, current_origin
from clg.models import OutboxEvent

# A job that changes more rows of one type than this tells of the rest by one `<type>.resync_required`.
MASS_ROWS: Final = 100_000
_told_in_one: ContextVar[bool] = ContextVar("clg_told_in_one", default=False)


class EmitOutsideTransaction(RuntimeError):
    """An event was about to be written without the transaction of its change."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `refs` maps an object type (account, contact, opportunity) to a public id."""

    type: str
    object_type: str
    object_id: uuid.UUID
    version: int | None = None
    changed_fields: Iterable[str] = ()
    refs: Mapping[str, uuid.UUID] = field(default_factory=dict)
    # What the sender calls the write, where one call holds many; else that of the origin.
    trace_id: str = ""


@contextmanager
def told_in_one() -> Iterator[None]:
    """Bulk changes inside write no entry each; whoever opens this ends with `<type>.resync_required`."""
    token = _told_in_one.set(True)
    try:
        yield
    finally:
        _told_in_one.reset(token)


def tells_each() -> bool:
    """Whether bulk SQL writes an event a row."""
    return not _told_in_one.get()


def emit(
    type: str,
    *,
    object_type: str,
    object_id: uuid.UUID,
    version: int | None = None,
    changed_fields: Iterable[str] = (),
    refs: Mapping[str, uuid.UUID] | None = None,
) -> OutboxEvent:
    """Write one outbox row. Raises `EmitOutsideTransaction` when no transaction is open."""
    return emit_all([Event(type, object_type, object_id, version, changed_fields, refs or {})])[0]


def emit_all(events: Iterable[Event]) -> list[OutboxEvent]:
    """Write one outbox row an event, in their order, by one statement. Raises `EmitOutsideTransaction` as `emit`."""
    rows = [_row(event, current_origin()) for event in events]
    if rows and not connection.in_atomic_block:
        raise EmitOutsideTransaction(rows[0].type)
    return OutboxEvent.objects.bulk_create(rows)


def _row(event: Event, origin: Origin) -> OutboxEvent:
    return OutboxEvent(
        type=event.type,
        object_type=event.object_type,
        object_id=event.object_id,
        version=event.version,
        changed_fields=sorted(event.changed_fields),
        refs={name: value.hex for name, value in event.refs.items()},
        origin_kind=origin.kind,
        origin_source=origin.source,
        origin_actor=origin.actor,
        trace_id=event.trace_id or origin.trace_id,
    )
