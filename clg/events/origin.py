"""Who causes what is happening now: set by each door, read by the outbox and by the audit context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """`kind`: an `OriginKind`; `actor`: `user:3`, `client:7`, a task's name."""

    kind: str = "system"
    actor: str = ""
    source: str = ""
    trace_id: str = ""


_SYSTEM = Origin()
_origin: ContextVar[Origin] = ContextVar("clg_origin", default=_SYSTEM)


def current_origin() -> Origin:
    return _origin.get()


@contextmanager
def caused_by(origin: Origin) -> Iterator[Origin]:
    """Everything inside happens on behalf of `origin`."""
    token = _origin.set(origin)
    try:
        yield origin
    finally:
        _origin.reset(token)


def act_as(origin: Origin) -> None:
    """Name the cause once a door has learned it; ends with the surrounding `caused_by`."""
    _origin.set(origin)
