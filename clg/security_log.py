"""Writing the security log: one append-only row and one log line an event. `security` section 9."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clg.events.origin import current_origin
from clg.logs import current_request_id, get_logger
from clg.models import SecurityLog

_log = get_logger("clg.security")


def log_security(
    event: str,
    *,
    object_type: str = "",
    object_id: object = "",
    result: str = "ok",
    actor: str = "",
    data: Mapping[str, object] | None = None,
) -> SecurityLog:
    """Keep an event worth an auditor's eye. People are ids, never names; `actor` is the door's unless given."""
    row = SecurityLog.objects.create(
        event=event,
        actor=actor or current_origin().actor,
        object_type=object_type,
        object_id=str(object_id),
        request_id=current_request_id(),
        result=result,
        data=dict(data or {}),
    )
    _log.info(event, object_type=object_type, object_id=str(object_id), code=result)
    return row


def log_each(event: str, *, object_type: str, object_ids: Iterable[str], actor: str, data: Mapping[str, object]) -> int:
    """One row an object in one statement, and one log line for all; how many."""
    rows = SecurityLog.objects.bulk_create(
        SecurityLog(
            event=event,
            actor=actor,
            object_type=object_type,
            object_id=object_id,
            request_id=current_request_id(),
            data=dict(data),
        )
        for object_id in object_ids
    )
    _log.info(event, object_type=object_type, counts=len(rows))
    return len(rows)
