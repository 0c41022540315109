"""Internal readers of the outbox. An upper app registers a handler; each event reaches it once, in order.

A run claims the consumer's row for 60 seconds with a new fence, handles a range of positions set-based, and moves the
position in the same transaction, only while its fence holds: a stalled reader that wakes late changes nothing.
After eight failures the range is halved down to the poison event, which is put aside. A reader whose lease ran out
leaves an attempt behind, and each attempt halves the range: what takes longer than a lease gets small enough to end
within one, instead of being taken over for ever. `crm-sync` section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from django.db import connection, transaction

from clg.events.leases import LeaseLost
from clg.failpoints import failpoint, register
from clg.logs import get_logger
from clg.models import ConsumerFailure, FeedConsumer, OutboxEvent

register("consumer_claimed", "consumer_handled", "consumer_before_commit", "consumer_after_commit")

RANGE: Final = 5_000
LEASE_SECONDS: Final = 60
ATTEMPTS_MAX: Final = 8
Handler: TypeAlias = Callable[[Sequence[OutboxEvent]], None]

_log = get_logger("clg.consumers")
_handlers: dict[str, Handler] = {}

# One statement: who gets a row back holds the lease. Unique index on clg_feedconsumer.name.
_CLAIM: Final = """
UPDATE clg_feedconsumer SET lease_until = clock_timestamp() + make_interval(secs => %s), fence = fence + 1,
       attempts = least(attempts + (lease_until IS NOT NULL)::int, %s)
WHERE name = %s AND (lease_until IS NULL OR lease_until < clock_timestamp())
RETURNING id, position, fence, attempts
"""


@dataclass(frozen=True)
class Lease:
    """A claimed consumer: from where it reads, and the fence that proves the claim."""

    consumer_id: int
    position: int
    fence: int
    attempts: int

    @property
    def range(self) -> int:
        """How many positions to handle at once."""
        return max(1, RANGE >> self.attempts)


def register_consumer(name: str, handler: Handler) -> None:
    """Name a handler in `ready()` of its app; `handler(events)` runs in the transaction that moves the position."""
    _handlers[name] = handler


def handler_of(name: str) -> Handler:
    return _handlers[name]


def consumer_names() -> list[str]:
    return sorted(_handlers)


def run_consumer(name: str) -> int:
    """Handle everything numbered that this consumer has not seen, and say how many events; 0 while another runs."""
    handled = 0
    while (lease := _claim(name)) is not None:
        failpoint("consumer_claimed")
        count = _handle_range(name, lease)
        handled += count
        if count < lease.range:
            break
    return handled


def _claim(name: str) -> Lease | None:
    FeedConsumer.objects.get_or_create(name=name)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [LEASE_SECONDS, ATTEMPTS_MAX, name])
        row = cursor.fetchone()
    return Lease(*row) if row else None


def _handle_range(name: str, lease: Lease) -> int:
    """One range. A failing handler costs an attempt and stops this run; a lost lease changes nothing."""
    try:
        with transaction.atomic():
            events = _next_events(lease)
            _handle(name, lease, events)
            failpoint("consumer_handled")
            _move(lease, events[-1].position if events else lease.position)
            failpoint("consumer_before_commit")
    except LeaseLost:
        _log.warning("consumer lease lost", object_id=name)
        return 0
    except Exception as error:  # noqa: BLE001 - the worker's edge: noted for the next attempt, logged
        _note_failure(lease, error)
        _log.error("consumer failed", object_id=name, exc_info=error)
        return 0
    failpoint("consumer_after_commit")
    return len(events)


def _next_events(lease: Lease) -> list[OutboxEvent]:
    rows = OutboxEvent.objects.filter(position__gt=lease.position, position__lte=lease.position + lease.range)
    return list(rows.order_by("position"))


def _handle(name: str, lease: Lease, events: Sequence[OutboxEvent]) -> None:
    if not events:
        return
    if lease.attempts < ATTEMPTS_MAX:
        _handlers[name](events)
    else:
        _handle_apart(_handlers[name], lease.consumer_id, events)


def _handle_apart(handler: Handler, consumer_id: int, events: Sequence[OutboxEvent]) -> None:
    """Halve the range until the event that cannot be handled stands alone; put it aside, go on with the rest."""
    try:
        with transaction.atomic():
            handler(events)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is kept with the event and shown
        if len(events) == 1:
            ConsumerFailure.objects.get_or_create(
                consumer_id=consumer_id, event=events[0], defaults={"error": type(error).__name__}
            )
            return
        middle = len(events) // 2
        _handle_apart(handler, consumer_id, events[:middle])
        _handle_apart(handler, consumer_id, events[middle:])


def _move(lease: Lease, position: int | None) -> None:
    moved = FeedConsumer.objects.filter(pk=lease.consumer_id, fence=lease.fence).update(
        position=position, lease_until=None, attempts=0, last_error=""
    )
    if not moved:
        raise LeaseLost


def _note_failure(lease: Lease, error: Exception) -> None:
    FeedConsumer.objects.filter(pk=lease.consumer_id, fence=lease.fence).update(
        lease_until=None, attempts=lease.attempts + 1, last_error=type(error).__name__
    )
