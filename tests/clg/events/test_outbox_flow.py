"""From a committed event to a handled one: dense positions, one handler call, leases that hold."""

from __future__ import annotations

import datetime as dt
import json
import threading
import uuid

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from clg.events import consumers, sweep
from clg.events.consumers import run_consumer
from clg.events.numbering import number_events
from clg.events.outbox import EmitOutsideTransaction, emit
from clg.models import ConsumerFailure, FeedConsumer, FeedState, OutboxEvent, SweepTick

AT = dt.datetime(2026, 6, 1, 12, 0, 1, tzinfo=dt.UTC)


def write(count, type="account.updated"):
    with transaction.atomic():
        return [emit(type, object_type="account", object_id=uuid.uuid4(), version=1) for _ in range(count)]


@pytest.fixture
def consumer(monkeypatch):
    """Registers a handler under a name of its own and records what it was given."""
    seen = []
    monkeypatch.setattr(consumers, "_handlers", {"test.reader": lambda events: seen.extend(e.pk for e in events)})
    return seen


@pytest.mark.django_db(transaction=True)
def test_event_needs_the_transaction_of_its_change():
    with pytest.raises(EmitOutsideTransaction):
        emit("account.updated", object_type="account", object_id=uuid.uuid4())

    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db
def test_positions_are_dense_and_in_order():
    first = write(3)
    assert number_events() == 3
    second = write(2)
    assert number_events() == 2
    assert number_events() == 0

    positions = dict(OutboxEvent.objects.values_list("pk", "position"))
    assert [positions[event.pk] for event in first + second] == [1, 2, 3, 4, 5]
    assert FeedState.objects.get().last_position == 5


@pytest.mark.django_db
def test_many_batches(monkeypatch):
    monkeypatch.setattr("clg.events.numbering.BATCH", 2)
    write(5)

    assert number_events() == 5
    assert set(OutboxEvent.objects.values_list("position", flat=True)) == {1, 2, 3, 4, 5}


@pytest.mark.django_db(transaction=True)
def test_late_commit_gets_the_next_position():
    holding, release = threading.Event(), threading.Event()

    def slow_writer():
        try:
            with transaction.atomic():
                emit("account.updated", object_type="account", object_id=uuid.uuid4())
                holding.set()
                release.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    holding.wait(10)
    write(1)
    assert number_events() == 1  # the uncommitted event, though older, is not passed over: it gets the next number
    release.set()
    writer.join(10)
    assert number_events() == 1
    assert list(OutboxEvent.objects.order_by("position").values_list("position", flat=True)) == [1, 2]


@pytest.mark.django_db
def test_consumer_handles_each_event_once(consumer):
    events = [event.pk for event in write(3)]
    number_events()

    assert run_consumer("test.reader") == 3
    assert run_consumer("test.reader") == 0
    assert consumer == events
    assert FeedConsumer.objects.get().position == 3


@pytest.mark.django_db
def test_held_lease_keeps_others_out(consumer):
    write(1)
    number_events()
    assert consumers._claim("test.reader") is not None

    assert run_consumer("test.reader") == 0
    assert consumer == []

    FeedConsumer.objects.update(lease_until="2026-01-01T00:00:00Z")
    assert run_consumer("test.reader") == 1


@pytest.mark.django_db
def test_reader_that_wakes_after_its_lease_changes_nothing(monkeypatch):
    def handle(events):
        OutboxEvent.objects.filter(pk=events[0].pk).update(trace_id="handled late")
        FeedConsumer.objects.update(fence=99)  # somebody took the consumer over meanwhile

    monkeypatch.setattr(consumers, "_handlers", {"test.reader": handle})
    write(1)
    number_events()

    assert run_consumer("test.reader") == 0
    assert FeedConsumer.objects.get().position == 0
    assert OutboxEvent.objects.get().trace_id == ""


@pytest.mark.django_db
def test_poison_event_is_put_aside_and_the_rest_goes_on(monkeypatch):
    seen = []

    def handle(events):
        if any(event.type == "poison" for event in events):
            raise ValueError("cannot")
        seen.extend(event.pk for event in events)

    monkeypatch.setattr(consumers, "_handlers", {"test.reader": handle})
    good = write(3)
    (bad,) = write(1, type="poison")
    more = write(2)
    number_events()

    for attempt in range(1, consumers.ATTEMPTS_MAX + 1):
        assert run_consumer("test.reader") == 0
        assert FeedConsumer.objects.get().attempts == attempt
    assert seen == []

    assert run_consumer("test.reader") == 6
    assert seen == [event.pk for event in good + more]
    assert [(f.event_id, f.error) for f in ConsumerFailure.objects.all()] == [(bad.pk, "ValueError")]
    assert FeedConsumer.objects.get().attempts == 0


@pytest.mark.django_db
def test_one_round_a_tick_for_two_beats(consumer):
    write(2)

    first = sweep.sweep(at=AT)
    second = sweep.sweep(at=AT + dt.timedelta(seconds=1))
    third = sweep.sweep(at=AT + dt.timedelta(seconds=sweep.SWEEP_SECONDS))

    assert first is not None
    assert first.as_json() == {"numbered": 2, "handled": {"test.reader": 2}, "worked": {"clg.deliver_webhooks": 0}}
    assert second is None
    assert third is not None
    assert SweepTick.objects.count() == 2


@pytest.mark.django_db
def test_command_prints_its_counts(consumer, capsys):
    write(2)

    call_command("run_outbox", "--once")

    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "numbered": 2,
        "handled": {"test.reader": 2},
        "worked": {"clg.deliver_webhooks": 0},
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "left"), [(30, 1), (31, 0)])
def test_purge_deletes_old_events_behind_every_consumer(consumer, days, left):
    write(1)
    number_events()
    OutboxEvent.objects.update(occurred_at=AT - dt.timedelta(days=days))

    assert sweep.purge(at=AT)["events"] == 1 - left
    assert OutboxEvent.objects.count() == left
    assert sweep.purge(at=AT)["events"] == 0


@pytest.mark.django_db
def test_purge_waits_for_the_slowest_consumer(consumer):
    FeedConsumer.objects.create(name="slow", position=0)
    write(1)
    number_events()
    OutboxEvent.objects.update(occurred_at=AT - dt.timedelta(days=99))

    assert sweep.purge(at=AT)["events"] == 0
