"""Two batches at once."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.actions.merge import merge_named
from accounts.models import Account, Contact
from accounts.sync.clocks import clock_of_moment
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, CONTACT
from accounts.sync.orders import MergeOrder
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def _item(name, second, parent=None):
    relations = {"parent": {"external_id": parent}} if parent else {}
    return {"external_id": name, "source_updated_at": f"2026-01-01T00:00:{second:02d}Z", "relations": relations}


def _send(source, *items):
    return upsert(source=source, of=ACCOUNT, raw_items=items, at=AT)


def _somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() != (0,)


def test_two_writers_cannot_close_a_circle_between_them():
    """Each adds its half while the other has not committed: the second waits, sees the first and fails its item."""
    source = SourceFactory()
    _send(source, _item("A", 1), _item("B", 1))

    def second_half():
        try:
            return _send(source, _item("B", 2, parent="A"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            _send(source, _item("A", 2, parent="B"))
            other = pool.submit(second_half)
            while not other.done() and not _somebody_waits():
                time.sleep(0.01)
        [result] = other.result()

    assert [error.code for error in result.errors] == ["relation_cycle"]
    assert Account.objects.filter(parent__isnull=False).count() == 1


def test_a_batch_waits_for_a_merge_and_writes_to_the_winner():
    """A contact of the loser arrives while the merge has not committed: it must not be left with the hidden row."""
    source = SourceFactory()
    _send(source, _item("W", 1), _item("L", 1))
    order = MergeOrder("W", ["L"], clock_of_moment(AT, at=AT))
    contact = {**_item("C", 2), "relations": {"account": {"external_id": "L"}}}

    def late_child():
        try:
            return upsert(source=source, of=CONTACT, raw_items=[contact], at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            merge_named(source=source, of=ACCOUNT, order=order, at=AT)
            other = pool.submit(late_child)
            while not other.done() and not _somebody_waits():
                time.sleep(0.01)
        [result] = other.result()

    assert result.outcome == "created"
    assert Contact.objects.get().account == Account.objects.live().get()
