"""Secrets that are turned, and events that are told again. `crm-sync` section 10."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from clg.actions.webhook import (
    disable_endpoint,
    replay_deliveries,
    replay_range,
    rotate_secret,
)
from clg.choices import WorkState
from clg.errors import Conflict, InvalidInput
from clg.models import WebhookEndpoint
from tests.clg.actions.webhooks import happen, send
from tests.factories.clg import deliveries

pytestmark = pytest.mark.django_db


def test_rotation_signs_with_both_secrets_for_a_day(made, owner, receiver, clock):
    newer = rotate_secret(endpoint=made.endpoint, by=owner, at=clock())
    happen()
    send(clock)
    WebhookEndpoint.objects.update(former_until=clock())
    happen()
    send(clock)

    both, one = receiver.calls
    assert newer.endpoint.former_until == clock() + dt.timedelta(hours=24)
    Webhook(made.secret).verify(both.body, both.headers)
    Webhook(newer.secret).verify(both.body, both.headers)
    Webhook(newer.secret).verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(one.body, one.headers)


def test_replay_of_a_range_is_the_same_event_again(made, owner, receiver, clock):
    happen(count=3)
    send(clock)
    first = receiver.ids()
    receiver.calls.clear()

    assert replay_range(endpoint=made.endpoint, first=2, last=9, by=owner) == 2
    send(clock)

    assert receiver.ids() == first[1:]
    assert len(deliveries(made.endpoint, WorkState.DONE)) == 5


def test_replay_of_deliveries(made, owner, receiver, clock):
    happen(count=2)
    send(clock)
    chosen = deliveries(made.endpoint)[0]

    assert replay_deliveries(endpoint=made.endpoint, deliveries=[chosen.public_id], by=owner) == 1
    send(clock)

    assert receiver.ids()[-1] == chosen.event.name_outside
    with pytest.raises(InvalidInput):
        replay_deliveries(endpoint=made.endpoint, deliveries=[uuid.uuid4()], by=owner)


def test_replay_has_a_limit_and_needs_an_active_endpoint(made, owner, monkeypatch):
    happen(count=3)
    monkeypatch.setattr("clg.actions.webhook.REPLAYED_MAX", 2)

    with pytest.raises(InvalidInput) as refusal:
        replay_range(endpoint=made.endpoint, first=1, last=3, by=owner)
    assert (refusal.value.code, len(deliveries(made.endpoint))) == ("too_many_items", 3)

    disable_endpoint(endpoint=made.endpoint, by=owner)
    with pytest.raises(Conflict):
        replay_range(endpoint=made.endpoint, first=1, last=1, by=owner)
