"""Pushing 200 contacts in one call against 200 calls of one, beside a table of contacts that are there already."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from django.test import Client, override_settings
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.choices import SourceKind
from accounts.models import ApiClient, CrmSource
from benchmarks.result import Result
from benchmarks.server import Server
from benchmarks.tables import execute, without_triggers
from benchmarks.timing import Side, interleave, percentile

CONTACTS: Final = 100_000
PER_ACCOUNT: Final = 5
ITEMS: Final = 200
RUNS: Final = 3
CALLS: Final = 40
LIMIT_SECONDS: Final = 2.0
# The limit holds beside a million rows.
LIMIT_SCALE: Final = 10
BULK: Final = "/api/v1/contacts/bulk-upsert"
ONE: Final = "/api/v1/contacts/by-external-id/"

# Rows beside which is pushed: written past triggers, as their making is not measured.
_ACCOUNTS: Final = """
WITH made AS (
    INSERT INTO accounts_account (name)
    SELECT 'Account ' || n FROM generate_series(1, %(accounts)s) AS n
    RETURNING id, name
)
INSERT INTO accounts_externalidentity (source_id, object_type, external_id, account_id, state)
SELECT %(source)s, 'account', replace(name, 'Account ', 'a'), id, 'active' FROM made
"""
_CONTACTS: Final = """
WITH made AS (
    INSERT INTO accounts_contact (last_name, email, account_id)
    SELECT 'Contact ' || n, 'c' || n || '@acme.example', i.account_id
    FROM generate_series(1, %(contacts)s) AS n
    JOIN accounts_externalidentity i ON i.source_id = %(source)s AND i.object_type = 'account'
     AND i.external_id = 'a' || (n %% %(accounts)s + 1)
    RETURNING id, last_name
)
INSERT INTO accounts_externalidentity (source_id, object_type, external_id, contact_id, state)
SELECT %(source)s, 'contact', replace(last_name, 'Contact ', 'old'), id, 'active' FROM made
"""


def measure(server: Server, scale: float) -> Iterator[Result]:
    """New rows each time, through the whole stack in process: token, limits, parsing, merge, answer."""
    rates = {"read": (6_000_000, 6_000_000), "write": (6_000_000, 6_000_000), "token": (30, 30)}
    with server.database("bench_push"), override_settings(API_RATES=rates):
        source = _source_with_rows(scale)
        caller, turns = _caller(source), count()
        bulk = Side("bulk", lambda: _push_at_once(caller, next(turns)))
        single = Side("single", lambda: _push_one_by_one(caller, next(turns)))
        medians = interleave([bulk, single], runs=RUNS)
        times = medians["single"] / medians["bulk"]
        rows = int(CONTACTS * scale)
        yield Result("bulk_200", scale, ITEMS, medians["bulk"], baseline_seconds=medians["single"],
                     goal=">= 20x single calls", met=times >= 20,
                     note=f"200 new contacts in one call beside {rows:,}; baseline: the same number of PATCH calls",
                     )  # fmt: skip
        p95 = percentile([_seconds_of_call(caller, next(turns)) for _ in range(CALLS)], 0.95)
        at_size = scale >= LIMIT_SCALE
        yield Result("bulk_200, p95", scale, ITEMS, p95, goal="p95 < 2 s beside 1M rows" if at_size else "",
                     met=p95 < LIMIT_SECONDS if at_size else None, note=f"{CALLS} calls one after the other",
                     )  # fmt: skip


def _source_with_rows(scale: float) -> CrmSource:
    source = CrmSource.objects.create(slug="bench", name="Bench", kind=SourceKind.OTHER, rank=1)
    contacts = int(CONTACTS * scale)
    sizes = {"source": source.pk, "contacts": contacts, "accounts": contacts // PER_ACCOUNT}
    with without_triggers():
        execute(_ACCOUNTS, sizes)
        execute(_CONTACTS, sizes)
    execute("ANALYZE")
    return source


def _caller(source: CrmSource) -> Client:
    client = ApiClient.objects.create(
        name="bench",
        source=source,
        allowed_scopes=["contacts:write"],
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
    )
    text = secrets.token_urlsafe(24)
    AccessToken.objects.create(
        application=client,
        token="",
        token_checksum=hashlib.sha256(text.encode()).hexdigest(),
        scope="contacts:write",
        expires=timezone.now() + dt.timedelta(days=1),
    )
    return Client(headers={"authorization": f"Bearer {text}"})


def _push_at_once(caller: Client, turn: int) -> None:
    items = [{"external_id": f"new{turn}-{n}", **_content(n)} for n in range(ITEMS)]
    answer = caller.post(BULK, json.dumps({"items": items}), content_type="application/json")
    assert answer.json()["counts"]["created"] == ITEMS


def _push_one_by_one(caller: Client, turn: int) -> None:
    for n in range(ITEMS):
        answer = caller.patch(f"{ONE}new{turn}-{n}", json.dumps(_content(n)), content_type="application/json")
        assert answer.status_code == 201


def _content(n: int) -> dict[str, Any]:
    return {
        "source_updated_at": "2026-01-01T00:00:00Z",
        "fields": {
            "first_name": "Ada",
            "last_name": f"Contact {n}",
            "email": f"n{n}@acme.example",
            "title": "Director",
        },
        "relations": {"account": {"external_id": f"a{n % 100 + 1}"}},
    }


def _seconds_of_call(caller: Client, turn: int) -> float:
    started = time.perf_counter()
    _push_at_once(caller, turn)
    return time.perf_counter() - started
