"""Webhooks from the event to the receiver: signed, told to whom it concerns, pinged first. `crm-sync` section 10."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from clg.actions.webhook import (
    change_endpoint,
    ping_endpoint,
)
from clg.choices import EndpointState, WorkState
from clg.events import fan_out
from clg.events.origin import Origin
from clg.models import OutboxEvent
from tests.clg.actions.webhooks import fresh, happen, send
from tests.factories.accounts import AccountFactory, IdentityFactory, SourceFactory
from tests.factories.clg import deliveries, make_active_endpoint, make_endpoint
from tests.receiver import receiving

pytestmark = pytest.mark.django_db


# --- From the event to the receiver -------------------------------------------------------------------------------
def test_event_arrives_signed_with_ids_only(made, receiver, clock):
    account = AccountFactory(name="Acme Secret Ltd")
    IdentityFactory(source__slug="other", account=account, external_id="theirs")
    IdentityFactory(source=SourceFactory._meta.model.objects.get(slug="crm"), account=account, external_id="001A")
    (event,) = happen(refs={"account": account.public_id})

    assert send(clock) == 1

    (call,) = receiver.calls
    told = Webhook(made.secret).verify(call.body, call.headers)
    stored = OutboxEvent.objects.get(pk=event.pk)
    assert told == {
        "type": "account.updated",
        "timestamp": stored.occurred_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": {
            "position": stored.position,
            "id": event.name_outside,
            "type": "account.updated",
            "object": {"type": "account", "id": f"acc_{event.object_id.hex}", "version": 1},
            "refs": {"account": {"id": account.name_outside, "external_ids": ["001A"]}},
            "changed_fields": [],
            "occurred_at": told["timestamp"],
            "origin": {"kind": "system", "source": None, "trace_id": None},
        },
    }
    assert call.headers["webhook-id"] == event.name_outside
    assert b"Acme" not in call.body
    (delivery,) = deliveries(made.endpoint)
    assert (delivery.state, delivery.attempts, delivery.status, delivery.answer) == (WorkState.DONE, 1, 200, "ok")


def test_body_stays_small_however_many_names_a_row_has(made, receiver, clock):
    account, source = AccountFactory(), SourceFactory._meta.model.objects.get(slug="crm")
    for n in range(100):
        IdentityFactory(source=source, account=account, external_id=f"{n:03}" + "ü" * 252)
    happen(refs={"account": account.public_id})

    send(clock)

    (call,) = receiver.calls
    names = Webhook(made.secret).verify(call.body, call.headers)["data"]["refs"]["account"]["external_ids"]
    assert (len(call.body) < 20_000, len(names)) == (True, 1)


@pytest.mark.parametrize("bit", range(0, 800, 100))
def test_flipped_bit_is_refused_by_the_library(made, receiver, clock, bit):
    happen()
    send(clock)
    (call,) = receiver.calls
    body = bytearray(call.body)
    body[bit // 8] ^= 1 << bit % 8

    with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
        Webhook(made.secret).verify(bytes(body), call.headers)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_changed_header_is_refused_by_the_library(made, receiver, clock, header):
    happen()
    send(clock)
    (call,) = receiver.calls
    changed = {"webhook-id": "evt_0", "webhook-timestamp": str(int(clock().timestamp()) + 1)}
    changed["webhook-signature"] = "v1," + call.headers["webhook-signature"][3:][::-1].lstrip("=") + "="

    with pytest.raises((WebhookVerificationError, ValueError)):
        Webhook(made.secret).verify(call.body, {**call.headers, header: changed[header]})


@pytest.mark.parametrize(
    ("wanted", "type", "is_told"),
    [
        (["account.updated"], "account.updated", True),
        (["account.updated"], "account.created", False),
        (["account.*"], "account.created", True),
        (["attribution.*"], "account.created", False),
        (["account.*", "contact.*"], "contact.updated", False),  # the client lacks contacts:read
    ],
)
def test_endpoint_is_told_what_it_asked_for_and_may_read(owner, receiver, clock, wanted, type, is_told):
    make_active_endpoint(owner, receiver.url, event_types=wanted)
    happen(type)

    send(clock)

    assert bool(receiver.calls) == is_told


@pytest.mark.parametrize(("exclude_own", "calls"), [(True, 1), (False, 2)])
def test_own_changes_are_left_out_unless_wanted(owner, receiver, clock, exclude_own, calls):
    make_active_endpoint(owner, receiver.url, exclude_own=exclude_own)
    happen(origin=Origin(kind="client", actor=owner))
    happen(origin=Origin(kind="client", actor="client:999999"))

    send(clock)

    assert len(receiver.calls) == calls


def test_scope_that_was_taken_and_a_disabled_client_end_the_telling(client, made, receiver, clock):
    client.allowed_scopes = ["attribution:read"]
    client.save(update_fields=["allowed_scopes"])
    happen("account.updated")
    happen("attribution.updated")
    send(clock)
    happen("attribution.updated")
    client.is_active = False
    client.save(update_fields=["is_active"])
    happen("attribution.updated")
    send(clock)

    assert [json.loads(call.body)["type"] for call in receiver.calls] == ["attribution.updated"]
    assert [(d.state, d.error) for d in deliveries(made.endpoint)[1:]] == [(WorkState.DEAD, "not_for_owner")]
    assert fresh(made).consecutive_failures == 0


def test_each_event_is_fanned_out_once_however_often_it_is_read(made):
    events = happen(count=3)
    numbered = list(OutboxEvent.objects.order_by("position"))

    fan_out.fan_out(numbered)
    fan_out.fan_out(numbered)

    assert [delivery.event_id for delivery in deliveries(made.endpoint)] == [event.pk for event in events]


def test_statements_do_not_grow_with_events(made, django_assert_num_queries):
    happen(count=2)
    few, many = (
        list(OutboxEvent.objects.bulk_create(_events(first, count))) for first, count in ((1000, 3), (2000, 300))
    )
    with django_assert_num_queries(3):
        fan_out.fan_out(few)
    with django_assert_num_queries(3):
        fan_out.fan_out(many)
    assert len(deliveries(made.endpoint)) == 305


def _events(first, count):
    return [
        OutboxEvent(type="account.updated", object_type="account", object_id=uuid.uuid4(), position=first + n)
        for n in range(count)
    ]


# --- Pings --------------------------------------------------------------------------------------------------------
def test_new_endpoint_is_told_nothing_before_it_answered_its_ping(owner, receiver, clock):
    made = make_endpoint(owner, receiver.url)
    happen()
    ping_endpoint(endpoint=made.endpoint, by=owner)

    send(clock)
    happen()
    send(clock)

    ping, event = receiver.calls
    assert Webhook(made.secret).verify(ping.body, ping.headers)["type"] == "webhook.ping"
    assert ping.headers["webhook-id"].startswith("whd_")
    assert json.loads(event.body)["data"]["position"] == 2
    assert fresh(made).state == EndpointState.ACTIVE


def test_failed_ping_leaves_it_pending_and_is_not_repeated_by_itself(owner, receiver, clock):
    made = make_endpoint(owner, receiver.url)
    receiver.say(500)
    ping_endpoint(endpoint=made.endpoint, by=owner)

    send(clock)
    clock.forward(days=2)
    send(clock)

    assert len(receiver.calls) == 1
    assert fresh(made).state == EndpointState.PENDING


def test_new_address_must_answer_first(made, owner, clock):
    with receiving() as other:
        change_endpoint(endpoint=made.endpoint, values={"url": other.url}, by=owner)
        happen()
        assert fresh(made).state == EndpointState.PENDING
        send(clock)

        assert [json.loads(call.body)["type"] for call in other.calls] == ["webhook.ping"]
        assert fresh(made).state == EndpointState.ACTIVE
