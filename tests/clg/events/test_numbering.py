"""Two who number at once: nobody's answer is without an event that was committed before it was asked for."""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from clg.events import numbering
from clg.events.numbering import number_events
from clg.events.outbox import emit
from clg.models import FeedState, OutboxEvent
from tests.clg.events.feeds import Reader

pytestmark = pytest.mark.django_db(transaction=True)


def write():
    with transaction.atomic():
        return emit("account.updated", object_type="account", object_id=uuid.uuid4(), version=1).name_outside


def until_locked():
    """Return when somebody else has locked the row that numbers."""
    while _free():
        time.sleep(0.01)


@transaction.atomic
def _free():
    return FeedState.objects.select_for_update(skip_locked=True).first() is not None


def beside(work):
    """Start `work` on a connection of its own."""

    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@contextmanager
def row_locked():
    """Somebody holds the row that numbers, and numbers nothing."""
    release = threading.Event()

    def hold():
        with transaction.atomic():
            FeedState.objects.select_for_update().get()
            release.wait(30)

    holder = beside(hold)
    try:
        until_locked()
        yield
    finally:
        release.set()
        holder.join(30)


def test_answer_waits_for_who_numbers_and_holds_what_was_committed_before(caller, settings, monkeypatch, tmp_path):
    """One stands between numbering and commit; the reader must have its event, and the one committed meanwhile."""
    monkeypatch.setattr(numbering, "WAIT_SECONDS", 30)
    settings.CLG_FAILPOINTS = f"numbering_before_commit=pause:{tmp_path / 'go'}@0"
    reader, told = Reader(caller(), start="oldest"), [write()]
    other = beside(number_events)
    until_locked()
    told.append(write())
    batch = numbering._number_batch

    def number_then_let_go():
        done = batch()
        (tmp_path / "go").touch()
        return done

    monkeypatch.setattr(numbering, "_number_batch", number_then_let_go)
    body = reader.page()
    other.join(30)

    assert [(entry["position"], entry["id"]) for entry in body["data"]] == list(enumerate(told, 1))
    assert (body["has_more"], body["lag_seconds"]) == (False, 0)


def test_answer_goes_on_without_a_row_that_is_held_for_long(caller, monkeypatch):
    monkeypatch.setattr(numbering, "WAIT_SECONDS", 0.05)
    reader = Reader(caller(), start="oldest")
    with row_locked():
        told = write()
        without = reader.page()
    after = reader.page()

    assert (without["data"], without["has_more"]) == ([], False)
    assert without["lag_seconds"] > 0
    assert [entry["id"] for entry in after["data"]] == [told]


def test_events_of_later_are_left_to_who_comes_later(monkeypatch):
    """Somebody writes after every batch: that keeps nobody numbering."""
    batch = numbering._number_batch

    def number_and_write():
        done = batch()
        write()
        return done

    write()
    monkeypatch.setattr(numbering, "_number_batch", number_and_write)

    assert number_events() == 1
    assert OutboxEvent.objects.filter(position=None).count() == 1
