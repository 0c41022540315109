"""What a source sent is counted by the hour, whatever became of it."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection, transaction

from accounts.actions.received import forget_sync_records
from accounts.models import Account, ReceivedHour, SyncConflict, UnmappedStage
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, OPPORTUNITY
from tests.clg.admin.rows import conflict
from tests.factories.accounts import SourceFactory

AT = dt.datetime(2026, 3, 2, 10, 20, tzinfo=dt.UTC)
HOUR = dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)


def item(external_id, at="2026-03-01T09:00:00Z", **fields):
    return {"external_id": external_id, "source_updated_at": at, "fields": fields}


def send(source, *items, of=ACCOUNT, at=AT, **how):
    return upsert(source=source, of=of, raw_items=items, at=at, **how)


@pytest.mark.django_db
def test_batches_of_one_hour_add_up_in_one_row():
    source = SourceFactory()

    send(source, item("a", name="A"), item("b", employees="many"))
    send(
        source, item("a", name="A"), item("c", "2026-03-01T11:00:00.5Z"), item("d", colour=1), at=AT.replace(minute=40)
    )

    (hour,) = ReceivedHour.objects.all()
    assert (hour.source, hour.object_type, hour.hour) == (source, "account", HOUR)
    assert hour.counts == {"created": 2, "unchanged": 1, "failed": 2}
    assert hour.refused == {"invalid_integer": 1, "unknown_field": 1}
    assert hour.received_at == AT.replace(minute=40)
    assert hour.clock == [1772362800500000, 0]


@pytest.mark.django_db
def test_batch_undone_as_a_whole_is_counted_and_nothing_stored():
    source = SourceFactory()

    send(source, item("a", name="A"), item("b", colour=1), all_or_none=True)

    assert ReceivedHour.objects.get().counts == {"failed": 1, "rolled_back": 1}
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_batch_that_its_caller_undoes_is_not_counted():
    with transaction.atomic():
        send(SourceFactory(), item("a", name="A"))
        transaction.set_rollback(True)

    assert not ReceivedHour.objects.exists()


@pytest.mark.django_db
def test_stages_without_an_outcome_are_noted_until_mapped():
    source = SourceFactory(stage_map={"Won": {"outcome": "won"}})
    deals = [
        item("1", stage="Won"),
        item("2", stage="Verbal yes"),
        item("3", stage="Verbal yes"),
        item("4", stage="Gone", outcome="lost"),
        item("5", stage=""),
    ]

    send(source, *deals, of=OPPORTUNITY)
    send(source, item("2", "2026-03-01T10:00:00Z", stage="Verbal yes"), of=OPPORTUNITY, at=AT + dt.timedelta(days=1))

    (stage,) = UnmappedStage.objects.unmapped(source)
    assert (stage.stage, stage.items) == ("Verbal yes", 3)
    assert (stage.first_received_at, stage.received_at) == (AT, AT + dt.timedelta(days=1))
    source.stage_map["Verbal yes"] = {"outcome": "won"}
    assert not UnmappedStage.objects.unmapped(source).exists()


@pytest.mark.django_db(transaction=True)
def test_batches_at_once_lose_no_count():
    source = SourceFactory()

    def push(number):
        for turn in range(5):
            send(source, item(f"{number}-{turn}", name="A"))
        connection.close()

    threads = [threading.Thread(target=push, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert ReceivedHour.objects.get().counts == {"created": 30}


@pytest.mark.django_db
def test_old_figures_go_but_the_newest_of_a_kind():
    source = SourceFactory()
    old, older = AT - dt.timedelta(days=401), AT - dt.timedelta(days=500)
    send(source, item("a"), at=older)
    send(source, item("a"), at=old)
    send(source, item("1"), of=OPPORTUNITY, at=old)
    send(source, item("1"), of=OPPORTUNITY, at=AT)
    young, aged = conflict(1), conflict(2)
    SyncConflict.objects.filter(pk=aged.pk).update(at=AT - dt.timedelta(days=31))
    SyncConflict.objects.filter(pk=young.pk).update(at=AT - dt.timedelta(days=29))

    assert forget_sync_records(at=AT) == {"conflicts": 1, "received_hours": 2}

    assert set(ReceivedHour.objects.values_list("object_type", "received_at")) == {
        ("account", old),
        ("opportunity", AT),
    }
    assert forget_sync_records(at=AT) == {"conflicts": 0, "received_hours": 0}
