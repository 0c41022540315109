"""A worker of webhooks may die or stall anywhere: each event arrives at least once, and not again once it is stored."""

from __future__ import annotations

import datetime as dt
import signal
import time

import pytest
from django.utils import timezone

from clg.actions.delivery import deliver_due
from clg.invariants import look_at_all
from clg.models import WebhookDelivery
from tests.callers import make_client
from tests.clg.actions.webhooks import happen
from tests.factories.accounts import SourceFactory
from tests.factories.clg import make_active_endpoint
from tests.kill.workers import ended, start
from tests.receiver import receiving

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 4
BEFORE_THE_CALL = ("claimed", "connected")
DURING = ("body_sent", "response_read", "before_commit")
FAILPOINTS = (*BEFORE_THE_CALL, *DURING, "after_commit")


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture(autouse=True)
def events(receiver):
    client = make_client(SourceFactory(), "accounts:read")
    make_active_endpoint(f"client:{client.pk}", receiver.url)
    return [event.name_outside for event in happen(count=EVENTS)]


def work():
    deliver_due(clock=later, seconds=20)


def later():
    return timezone.now() + dt.timedelta(seconds=1)


def expire():
    WebhookDelivery.objects.filter(state="leased").update(lease_until=timezone.now() - dt.timedelta(seconds=1))


def stored():
    return {d.event.name_outside for d in WebhookDelivery.objects.filter(state="done").select_related("event")}


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_worker_loses_nothing_and_repeats_nothing_stored(receiver, events, point, nth):
    assert ended(start(work, fail_at=f"delivery_{point}=kill@{nth}")) == -signal.SIGKILL
    before, done = receiver.ids(), stored()
    expire()

    work()

    again = receiver.ids()[len(before) :]
    assert set(receiver.ids()) == stored() == set(events)
    assert done.isdisjoint(again)
    assert sorted(again) == sorted(set(events) - done)
    assert look_at_all(at=timezone.now(), only=["I6", "I7"])["ok"]


def test_worker_that_stalls_past_its_lease_is_refused(receiver, events, tmp_path):
    gate = tmp_path / "wake"
    pid = start(work, fail_at=f"delivery_response_read=pause:{gate}@1")
    _until(lambda: WebhookDelivery.objects.filter(state="leased").exists() and receiver.calls)
    expire()
    work()
    rows = list(WebhookDelivery.objects.order_by("pk").values())
    gate.touch()

    assert ended(pid) == 0
    assert list(WebhookDelivery.objects.order_by("pk").values()) == rows
    assert stored() == set(events)


def test_eight_workers_call_each_event_once(receiver, events):
    pids = [start(work) for _ in range(8)]

    assert [ended(pid) for pid in pids] == [0] * 8
    work()
    assert sorted(receiver.ids()) == sorted(events)


def _until(happens):
    deadline = time.monotonic() + 30
    while not happens():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)
