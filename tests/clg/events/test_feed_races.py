"""Readers beside writers: no change is passed over, none is heard twice, and those of one object come in order."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import defaultdict

import pytest
from django.db import connection, transaction
from django.db.models import F

from accounts.models import Account
from clg.events import numbering
from clg.events.outbox import emit
from clg.models import FeedState, OutboxEvent
from tests.clg.events.feeds import Reader
from tests.factories.accounts import AccountFactory

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, READERS, OBJECTS = 16, 3, 24
# How long a transaction stays open after its writes: most are short, some outlive many others.
HELD = (0, 0, 0.005, 0.02, 0.1, 0.5, 2.0)


class Undone(Exception):
    """A writer changes its mind."""


def change(keys, held, undone):
    """One transaction over some objects, in the order of their keys; what it told."""
    told = []
    with transaction.atomic():
        for key in sorted(keys):
            Account.objects.filter(pk=key).update(version=F("version") + 1)
            row = Account.objects.get(pk=key)
            event = emit("account.updated", object_type="account", object_id=row.public_id, version=row.version)
            told.append(event.name_outside)
        time.sleep(held)
        if undone:
            raise Undone
    return told


def write(number, keys, until, committed):
    drawn = random.Random(number)  # noqa: S311 - a test's choices, not a secret
    try:
        while time.monotonic() < until:
            try:
                chosen = drawn.sample(keys, drawn.randint(1, 3))
                committed.extend(change(chosen, drawn.choice(HELD), undone=drawn.random() < 0.25))
            except Undone:
                continue
    finally:
        connection.close()


def follow(reader, written, heard):
    """Read until the writers have ended and nothing more comes."""
    try:
        while True:
            ended = written.is_set()
            heard.extend(reader.rest())
            if ended:
                return
    finally:
        connection.close()


@pytest.mark.parametrize("seconds", [3, pytest.param(120, marks=pytest.mark.nightly)])
def test_readers_hear_exactly_what_was_committed(caller, settings, monkeypatch, seconds):
    # A starved machine may stop whoever numbers for longer than a reader waits.
    monkeypatch.setattr(numbering, "WAIT_SECONDS", 60)
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (600000, 600000))
    keys = [AccountFactory(version=1).pk for _ in range(OBJECTS)]
    committed, heard, written = [], [[] for _ in range(READERS)], threading.Event()
    readers = [Reader(caller(), start="oldest", limit=limit) for limit in (500, 7, 1)]
    until = time.monotonic() + seconds
    writing = [threading.Thread(target=write, args=(n, keys, until, committed)) for n in range(WRITERS)]
    following = [threading.Thread(target=follow, args=(r, written, h)) for r, h in zip(readers, heard, strict=True)]

    for thread in (*following, *writing):
        thread.start()
    for thread in writing:
        thread.join()
    written.set()
    for thread in following:
        thread.join()

    count = len(committed)
    assert count > WRITERS
    assert OutboxEvent.objects.count() == FeedState.objects.get().last_position == count
    for entries in heard:
        assert [entry["position"] for entry in entries] == list(range(1, count + 1))
        assert {entry["id"] for entry in entries} == set(committed)
        assert falls(entries) == []


def falls(entries):
    """Versions of an object that do not follow the one before."""
    versions = defaultdict(list)
    for entry in entries:
        versions[entry["object"]["id"]].append(entry["object"]["version"])
    return [found for found in versions.values() if found != sorted(set(found))]


def test_many_rows_changed_in_one_statement_page_through_while_others_are_written(caller):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clg_outboxevent (type, object_type, object_id, version)"
            " SELECT 'account.updated', 'account', gen_random_uuid(), 1 FROM generate_series(1, 25000)"
        )
    reader, heard, more = Reader(caller(), start="oldest", limit=500), [], True
    while more:
        body = reader.page()
        heard += [entry["position"] for entry in body["data"]]
        more = body["has_more"]
        if len(heard) <= 5000:
            with transaction.atomic():
                emit("account.deleted", object_type="account", object_id=uuid.uuid4())

    assert heard == list(range(1, 25011))
