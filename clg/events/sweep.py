"""The sweeper: whatever a lost wake-up call left behind, two of its rounds put right. `crm-sync` section 8."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Greatest
from oauth2_provider.models import clear_expired

from clg.events.consumers import consumer_names, run_consumer
from clg.events.feed import RETAINED_DAYS
from clg.events.leases import run_due_work
from clg.events.numbering import number_events
from clg.models import (
    ConsumerFailure,
    FeedConsumer,
    FeedState,
    IdempotencyKey,
    OutboxEvent,
    RateBucket,
    SweepTick,
    WebhookDelivery,
)
from clg.schedule import SWEEP_SECONDS

OUTBOX_KEPT = dt.timedelta(days=RETAINED_DAYS)
DELIVERIES_KEPT = dt.timedelta(days=30)
TICKS_KEPT = dt.timedelta(days=1)
BUCKETS_KEPT = dt.timedelta(days=1)


@dataclass(frozen=True)
class Round:
    """What one round did."""

    numbered: int
    handled: dict[str, int]
    worked: dict[str, int]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def run_round() -> Round:
    """Number the outbox, let every consumer read, do leased work that is due; anybody may, any time, twice at once."""
    numbered = number_events()
    handled = {name: run_consumer(name) for name in consumer_names()}
    return Round(numbered, handled, run_due_work())


def sweep(*, at: dt.datetime) -> Round | None:
    """One round a tick, whoever comes first; `None` for those who come later."""
    return run_round() if claim_tick("clg.sweep", at=at, seconds=SWEEP_SECONDS) else None


def claim_tick(job: str, *, at: dt.datetime, seconds: int) -> bool:
    """Whether this caller owns the turn of a periodic job: two beats do no harm."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_TICK, [job, int(at.timestamp()) // seconds, at])
        return cursor.rowcount == 1


# Unique constraint clg_sweeptick_once.
_CLAIM_TICK = """
INSERT INTO clg_sweeptick (job, tick, claimed_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""


def purge(*, at: dt.datetime) -> dict[str, int]:
    """Delete what nobody needs any more; a second run deletes nothing."""
    counts = {
        "idempotency_keys": IdempotencyKey.objects.filter(expires_at__lte=at).delete()[0],
        "ticks": SweepTick.objects.filter(claimed_at__lt=at - TICKS_KEPT).delete()[0],
        "rate_buckets": RateBucket.objects.filter(refilled_at__lt=at - BUCKETS_KEPT).delete()[0],
        # Before the events that they are about.
        "webhook_deliveries": WebhookDelivery.objects.filter(created_at__lt=at - DELIVERIES_KEPT).delete()[0],
        "events": purge_events(at=at),
    }
    clear_expired()
    return counts


@transaction.atomic
def purge_events(*, at: dt.datetime) -> int:
    """Delete events that nobody needs and note up to where, so that a cursor from before is told so."""
    gone = _read_events(at)
    last = gone.aggregate(last=Max("position"))["last"]
    if last is None:
        return 0
    deleted = gone.filter(position__lte=last).delete()[0]
    # Last: it locks the row that whoever numbers needs.
    FeedState.objects.update(purged_position=Greatest("purged_position", last))
    return deleted


def _read_events(at: dt.datetime) -> QuerySet[OutboxEvent]:
    """Events older than 30 days and behind every consumer, but those that one of them could not handle."""
    behind = FeedConsumer.objects.aggregate(least=Min("position"))["least"]
    # By position, so that what stays is dense: an event of a long transaction is older than its neighbours.
    young = OutboxEvent.objects.filter(occurred_at__gte=at - OUTBOX_KEPT).aggregate(first=Min("position"))["first"]
    old = OutboxEvent.objects.filter(occurred_at__lt=at - OUTBOX_KEPT, position__isnull=False)
    old = old if young is None else old.filter(position__lt=young)
    old = old.exclude(pk__in=ConsumerFailure.objects.values("event"))
    return old if behind is None else old.filter(position__lte=behind)
