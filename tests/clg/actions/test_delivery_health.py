"""Deliveries that fail: the schedule, pauses, giving an endpoint up, leases. `crm-sync` section 10."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from clg.actions.delivery import claim_delivery, deliver
from clg.actions.webhook import (
    delete_endpoint,
    disable_endpoint,
    ping_endpoint,
)
from clg.choices import DisabledReason, EndpointState, WorkState
from clg.events import retries
from clg.events.feed import changes_after, oldest_place
from clg.events.leases import LEASE
from clg.events.owners import audience_behind
from clg.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from tests.callers import make_client
from tests.clg.actions.webhooks import fresh, happen, send
from tests.factories.accounts import SourceFactory
from tests.factories.clg import deliveries, make_active_endpoint
from tests.receiver import receiving

pytestmark = pytest.mark.django_db


# --- The schedule -------------------------------------------------------------------------------------------------
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


@pytest.mark.parametrize("is_by_receiver", [True, False])
def test_source_of_the_owner_hears_that_its_endpoint_is_off(made, owner, receiver, clock, is_by_receiver):
    stranger = make_client(SourceFactory(slug="other"), "accounts:read", "webhooks:manage")
    receiver.say(410)
    happen()
    if is_by_receiver:
        send(clock)
    else:
        disable_endpoint(endpoint=made.endpoint, by="user:1")

    assert _heard(owner) == [f"whe_{made.endpoint.public_id.hex}"]
    assert _heard(f"client:{stranger.pk}") == []


def _heard(owner):
    entries = json.loads(changes_after(oldest_place(), audience_behind(owner), limit=100).entries)
    return [entry["object"]["id"] for entry in entries if entry["type"] == "webhook_endpoint.disabled"]


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


# --- Leases -------------------------------------------------------------------------------------------------------
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
