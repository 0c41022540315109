"""Many clients pushing the same new ids at once, over real connections. `crm-sync` section 16."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from django.db import connection

from accounts.models import Contact, ExternalIdentity
from tests.callers import bearer, make_client, make_token
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db(transaction=True)

# As many writers as the specification says; a nightly run takes longer.
SECONDS: Final = float(os.environ.get("PUSH_RACE_SECONDS", "4"))
WRITERS: Final = int(os.environ.get("PUSH_RACE_WRITERS", "32"))
NAMES: Final = [f"c{n}" for n in range(100)]


def _item(name, chance):
    return {
        "external_id": name,
        "source_updated_at": f"2026-01-01T00:00:{chance.randrange(60):02d}Z",
        "fields": {"last_name": f"Silva {chance.randrange(5)}"},
        "relations": {"account": {"external_id": f"a{chance.randrange(10)}"}},
    }


def _push_until(end, seed, token, statuses):
    """Shuffled batches of the same names until the end; every status that was answered."""
    chance, caller = random.Random(seed), bearer(token)
    try:
        while time.monotonic() < end:
            items = [_item(name, chance) for name in chance.sample(NAMES, len(NAMES))]
            answer = caller.post(
                "/api/v1/contacts/bulk-upsert", json.dumps({"items": items}), content_type="application/json"
            )
            failed = answer.json()["counts"]["failed"] if answer.status_code == 207 else 0
            statuses.append((answer.status_code, failed))
    finally:
        connection.close()


def test_writers_of_the_same_new_names_make_each_once_and_none_fails(settings):
    settings.API_RATES = {**settings.API_RATES, "write": (600_000, 600_000)}
    source = SourceFactory()
    # Each client may have four calls at once.
    tokens = [make_token(make_client(source, "contacts:write")) for _ in range(-(-WRITERS // 4))]
    statuses: list[tuple[int, int]] = []
    end = time.monotonic() + SECONDS

    with ThreadPoolExecutor(WRITERS) as pool:
        runs = [pool.submit(_push_until, end, n, tokens[n // 4], statuses) for n in range(WRITERS)]
        for run in runs:
            run.result()

    assert set(Counter(statuses)) == {(207, 0)}
    assert Contact.objects.count() == len(NAMES)
    assert ExternalIdentity.objects.filter(object_type="contact").count() == len(NAMES)
    assert ExternalIdentity.objects.filter(object_type="account").count() == 10


def test_fifth_bulk_call_at_once_is_refused(settings):
    """Four calls hold their places; the fifth hears 429 with `Retry-After`, and another client does not."""
    source = SourceFactory()
    client, other = (make_client(source, "contacts:write") for _ in range(2))
    held, go_on = threading.Semaphore(0), threading.Event()

    def hold(place):
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [f"bulk client:{client.pk}", place]
                )
                held.release()
                go_on.wait(30)
                cursor.execute("ROLLBACK")
        finally:
            connection.close()

    holders = [threading.Thread(target=hold, args=[place]) for place in (1, 2, 3, 4)]
    for holder in holders:
        holder.start()
        held.acquire(timeout=30)
    body = json.dumps({"items": [_item("c1", random.Random(1))]})
    address = "/api/v1/contacts/bulk-upsert"

    refused = bearer(make_token(client)).post(address, body, content_type="application/json")
    taken = bearer(make_token(other)).post(address, body, content_type="application/json")
    go_on.set()
    for holder in holders:
        holder.join(30)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_parallel")
    assert refused["Retry-After"]
    assert taken.status_code == 207
