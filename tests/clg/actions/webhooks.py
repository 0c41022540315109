"""What the tests of webhooks share: something happens, a clock that they move, a round of deliveries."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.utils import timezone

from clg.actions.delivery import deliver_due
from clg.events import fan_out
from clg.events.consumers import run_consumer
from clg.events.numbering import number_events
from clg.events.origin import Origin, caused_by
from clg.events.outbox import emit
from clg.models import WebhookEndpoint


def happen(type="account.updated", *, origin=None, refs=None, count=1):
    with transaction.atomic(), caused_by(origin or Origin()):
        found = [
            emit(type, object_type=type.split(".")[0], object_id=uuid.uuid4(), version=1, refs=refs)
            for _ in range(count)
        ]
    number_events()
    run_consumer(fan_out.NAME)
    return found


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = timezone.now() + dt.timedelta(minutes=1)  # behind whatever the database writes

    def __call__(self):
        return self.now

    def forward(self, **by):
        self.now += dt.timedelta(**by)


def send(clock):
    return deliver_due(clock=clock, seconds=30)


def fresh(made):
    return WebhookEndpoint.objects.get(pk=made.endpoint.pk)
