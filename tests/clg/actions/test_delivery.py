"""Webhooks from the event to the receiver: signed, retried, paused, given up, replayed. `crm-sync` section 10."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from clg.actions.delivery import claim_delivery, deliver, deliver_due
from clg.actions.webhook import (
    change_endpoint,
    delete_endpoint,
    disable_endpoint,
    ping_endpoint,
    replay_deliveries,
    replay_range,
    rotate_secret,
)
from clg.choices import DisabledReason, EndpointState, WorkState
from clg.errors import Conflict, InvalidInput
from clg.events import fan_out, retries
from clg.events.consumers import run_consumer
from clg.events.leases import LEASE
from clg.events.numbering import number_events
from clg.events.origin import Origin, caused_by
from clg.events.outbox import emit
from clg.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from tests.callers import make_client
from tests.factories.accounts import AccountFactory, IdentityFactory, SourceFactory
from tests.factories.clg import deliveries, make_active_endpoint, make_endpoint
from tests.receiver import receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def client():
    return make_client(SourceFactory(slug="crm"), "accounts:read", "attribution:read", "webhooks:manage")


@pytest.fixture
def owner(client):
    return f"client:{client.pk}"


@pytest.fixture
def made(owner, receiver):
    return make_active_endpoint(owner, receiver.url)


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


@pytest.fixture
def clock():
    return Clock()


def send(clock):
    return deliver_due(clock=clock, seconds=30)


def fresh(made):
    return WebhookEndpoint.objects.get(pk=made.endpoint.pk)


# --- From the event to the receiver --------------------------------------------------------------------------------
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


# --- Pings ---------------------------------------------------------------------------------------------------------
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


# --- The schedule --------------------------------------------------------------------------------------------------
def test_schedule_by_a_moved_clock(made, receiver, clock, monkeypatch):
    monkeypatch.setattr(retries.random, "uniform", lambda low, high: high)
    receiver.say(500)
    happen()
    started, moments = clock(), []
    for _ in range(retries.ATTEMPTS_MAX):
        assert send(clock) == 1
        assert send(clock) == 0
        moments.append(clock() - started)
        (delivery,) = deliveries(made.endpoint)
        clock.now = delivery.run_after

    waited = [after - before for before, after in zip(moments, moments[1:], strict=False)]
    assert waited == [delay * 1.1 for delay in retries.DELAYS]
    assert sum(retries.DELAYS, dt.timedelta()) == dt.timedelta(hours=75, minutes=35, seconds=5)
    assert delivery.state == WorkState.DEAD
    assert len(set(receiver.ids())) == 1
    clock.forward(days=9)
    assert send(clock) == 0


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_a_failure_and_never_followed(made, receiver, clock, status):
    with receiving() as elsewhere:
        receiver.say(status, {"Location": elsewhere.url})
        happen()
        send(clock)

        assert (len(receiver.calls), elsewhere.calls) == (1, [])
    (delivery,) = deliveries(made.endpoint)
    assert (delivery.state, delivery.status) == (WorkState.PENDING, status)


def test_410_disables_at_once_and_says_so_in_the_feed(made, receiver, clock):
    receiver.say(410)
    happen()

    send(clock)

    endpoint = fresh(made)
    assert (endpoint.state, endpoint.disabled_reason) == (EndpointState.DISABLED, DisabledReason.GONE)
    assert [d.state for d in deliveries(made.endpoint)] == [WorkState.DEAD]
    told = OutboxEvent.objects.get(type="webhook_endpoint.disabled")
    assert (told.object_id, told.version) == (endpoint.public_id, endpoint.version)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("999999", 86_400), ("9" * 40, 86_400), ("nonsense", 60), ("", 60)],
)
def test_retry_after_slows_down(made, receiver, clock, header, seconds):
    receiver.say(429, {"Retry-After": header})
    happen(count=2)

    assert send(clock) == 1  # the second waits as well
    receiver.say(200)
    clock.forward(seconds=seconds - 1)
    assert send(clock) == 0
    clock.forward(seconds=8)
    assert send(clock) == 2


def test_retry_after_may_be_a_date():
    at = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)

    assert retries.asked_wait("Sun, 22 Nov 2026 12:00:30 GMT", at=at) == dt.timedelta(seconds=30)
    assert retries.asked_wait("Sat, 21 Nov 2026 12:00:30 GMT", at=at) == dt.timedelta()


def test_four_failures_pause_the_endpoint_then_one_probe_goes(made, receiver, clock):
    receiver.say(500)
    happen(count=6)

    assert send(clock) == 4
    assert fresh(made).paused_until == clock() + dt.timedelta(minutes=1)
    clock.forward(seconds=61)
    assert send(clock) == 1
    assert fresh(made).paused_until == clock() + dt.timedelta(minutes=2)

    receiver.say(200)
    clock.forward(minutes=3)
    assert send(clock) == 6
    assert (fresh(made).consecutive_failures, fresh(made).paused_until) == (0, None)


def test_pauses_grow_to_an_hour():
    minutes = [retries.pause_after(failures).total_seconds() / 60 for failures in (3, 4, 5, 6, 9, 10, 40)]

    assert minutes == [0, 1, 2, 4, 32, 60, 60]


@pytest.mark.parametrize(
    ("failures", "days", "state"),
    [(39, 4, EndpointState.DISABLED), (38, 4, EndpointState.ACTIVE), (60, 2, EndpointState.ACTIVE)],
)
def test_disabled_after_forty_failures_and_three_days(made, receiver, clock, failures, days, state):
    receiver.say(503)
    happen()
    well = clock() - dt.timedelta(days=days)
    WebhookEndpoint.objects.update(consecutive_failures=failures, last_success_at=well)

    send(clock)

    assert fresh(made).state == state


def test_enabling_pings_first_and_what_waited_goes_out(made, owner, receiver, clock):
    happen()
    disable_endpoint(endpoint=made.endpoint, by=owner)
    assert send(clock) == 0
    happen()

    ping_endpoint(endpoint=made.endpoint, by=owner)
    assert send(clock) == 2

    assert [json.loads(call.body)["type"] for call in receiver.calls] == ["webhook.ping", "account.updated"]
    assert fresh(made).state == EndpointState.ACTIVE


# --- Leases --------------------------------------------------------------------------------------------------------
def test_two_at_once_an_endpoint(made, clock):
    happen(count=3)

    first, second = claim_delivery(at=clock()), claim_delivery(at=clock())

    assert claim_delivery(at=clock()) is None
    assert first.pk != second.pk


def test_worker_that_stalled_past_its_lease_writes_nothing(made, receiver, clock):
    happen()
    stalled = claim_delivery(at=clock())
    clock.forward(seconds=LEASE.total_seconds() + 1)
    send(clock)
    before = WebhookDelivery.objects.values().get()

    receiver.say(500)
    deliver(stalled, clock=clock)

    assert WebhookDelivery.objects.values().get() == before
    assert before["state"] == WorkState.DONE


def test_endpoint_that_went_during_a_call_is_no_error(made, owner, receiver, clock):
    happen()
    delivery = claim_delivery(at=clock())

    delete_endpoint(endpoint=made.endpoint, by=owner)
    deliver(delivery, clock=clock)

    assert len(receiver.calls) == 1
    assert not WebhookDelivery.objects.exists()


def test_nobody_listening_is_a_failure_with_a_word(owner, clock):
    made = make_active_endpoint(owner, "http://127.0.0.1:9/hook")
    happen()

    send(clock)

    (delivery,) = deliveries(made.endpoint)
    assert (delivery.state, delivery.status, delivery.error) == (WorkState.PENDING, None, "no_connection")


def test_long_answer_is_read_to_64_kb_and_kept_to_1_kb(made, receiver, clock):
    receiver.say(200, body=b"\x00\xff" + b"x" * 1_000_000)
    happen()

    send(clock)

    (delivery,) = deliveries(made.endpoint)
    assert (delivery.state, len(delivery.answer)) == (WorkState.DONE, 1024)


# --- Rotation and replay -------------------------------------------------------------------------------------------
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
