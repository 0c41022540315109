"""A reader of the outbox may die or stall anywhere: each event has one effect."""

from __future__ import annotations

import signal
import time
import uuid

import pytest
from django.db import transaction

from accounts.models import Team
from clg.events import consumers
from clg.events.consumers import run_consumer
from clg.events.numbering import number_events
from clg.events.outbox import emit
from clg.models import FeedConsumer
from tests.kill.workers import ended, start

pytestmark = pytest.mark.django_db(transaction=True)
NAME, EVENTS = "test.reader", 12


@pytest.fixture(autouse=True)
def reader(monkeypatch):
    """A consumer whose effect is one row an event."""
    for _ in range(EVENTS):
        with transaction.atomic():
            emit("account.updated", object_type="account", object_id=uuid.uuid4())
    number_events()
    handler = lambda events: Team.objects.bulk_create(Team(name=str(e.pk)) for e in events)  # noqa: E731
    monkeypatch.setattr(consumers, "_handlers", {NAME: handler})


def read():
    run_consumer(NAME)


def expire():
    FeedConsumer.objects.update(lease_until="2026-01-01T00:00:00Z")


def effects():
    return Team.objects.count(), FeedConsumer.objects.get().position


@pytest.mark.parametrize(
    "point", ["consumer_claimed", "consumer_handled", "consumer_before_commit", "consumer_after_commit"]
)
def test_killed_reader_leaves_all_or_nothing(point):
    assert ended(start(read, fail_at=f"{point}=kill")) == -signal.SIGKILL
    assert effects() in [(0, 0), (EVENTS, EVENTS)]

    expire()
    read()

    assert effects() == (EVENTS, EVENTS)


def test_reader_that_stalls_past_its_lease_is_refused(tmp_path):
    gate = tmp_path / "wake"
    pid = start(read, fail_at=f"consumer_claimed=pause:{gate}")
    _until(lambda: FeedConsumer.objects.filter(fence=1).exists())
    expire()

    read()
    assert effects() == (EVENTS, EVENTS)
    gate.touch()

    assert ended(pid) == 0
    assert effects() == (EVENTS, EVENTS)


def test_eight_readers_at_once_have_one_effect():
    pids = [start(read) for _ in range(8)]

    assert [ended(pid) for pid in pids] == [0] * 8
    read()
    assert effects() == (EVENTS, EVENTS)


def test_each_lease_that_ran_out_halves_the_range(monkeypatch):
    monkeypatch.setattr(consumers, "RANGE", 8)
    first = consumers._claim(NAME)
    expire()
    second = consumers._claim(NAME)
    expire()
    third = consumers._claim(NAME)

    assert [lease.range for lease in (first, second, third)] == [8, 4, 2]
    expire()
    read()
    assert effects() == (EVENTS, EVENTS)
    assert FeedConsumer.objects.get().attempts == 0


def _until(happens):
    deadline = time.monotonic() + 30
    while not happens():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)
