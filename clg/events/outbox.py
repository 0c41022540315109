"""Writing business events. Call `emit` inside the transaction of the change: neither without the other.

Bulk SQL writes the same columns by INSERT ... SELECT into `clg_outboxevent`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from django.db import connection

from clg.events.origin import current_origin
from clg.models import OutboxEvent


class EmitOutsideTransaction(RuntimeError):
    """An event was about to be written without the transaction of its change."""


def emit(
    type: str,
    *,
    object_type: str,
    object_id: uuid.UUID,
    version: int | None = None,
    changed_fields: Iterable[str] = (),
    refs: Mapping[str, uuid.UUID] | None = None,
) -> OutboxEvent:
    """Write one outbox row. `refs` maps an object type (account, contact, opportunity) to a public id.

    Raises `EmitOutsideTransaction` when no transaction is open.
    """
    if not connection.in_atomic_block:
        raise EmitOutsideTransaction(type)
    origin = current_origin()
    return OutboxEvent.objects.create(
        type=type,
        object_type=object_type,
        object_id=object_id,
        version=version,
        changed_fields=sorted(changed_fields),
        refs={name: value.hex for name, value in (refs or {}).items()},
        origin_kind=origin.kind,
        origin_source=origin.source,
        origin_actor=origin.actor,
        trace_id=origin.trace_id,
    )
