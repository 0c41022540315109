"""A page of 500 of the change feed, with names of the reader's source: at the start, and a million events further."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from accounts.actions.source import create_api_client
from accounts.api.changes import cursor_of
from accounts.choices import SourceKind
from accounts.models import CrmSource
from benchmarks.naive.feed import page_by_serializer
from benchmarks.result import Result
from benchmarks.server import Server
from benchmarks.tables import execute, without_triggers
from benchmarks.timing import Side, interleave, peak_rss_mb
from clg.events.feed import Place
from clg.models import FeedState

EVENTS: Final = 1_000_000
ACCOUNTS: Final = 20_000
PAGE: Final = 500
RUNS: Final = 15
FAST: Final = (60_000, 60_000)
MOST_OF_FLOOR: Final = 6.0
MOST_OF_START: Final = 1.5
# The events alone, as the database writes rows as JSON: no ids for the outside, no refs, no rights.
BARE: Final = """
SELECT json_agg(page)::text FROM (
    SELECT position, public_id, type, object_type, object_id, version, refs, changed_fields, occurred_at, origin_kind,
           origin_source, trace_id
      FROM clg_outboxevent WHERE position > %(after)s ORDER BY position LIMIT %(limit)s
) page
"""
# The same with the names of the account concerned, which every entry of a page has to say.
FLOOR: Final = """
SELECT json_agg(page)::text FROM (
    SELECT position, public_id, type, object_type, object_id, version, changed_fields, occurred_at, origin_kind,
           origin_source, trace_id, refs, (
               SELECT json_agg(i.external_id) FROM accounts_account a
                 JOIN accounts_externalidentity i ON i.account_id = a.id
                WHERE a.public_id = (refs ->> 'account')::uuid AND i.source_id = %(source)s) AS external_ids
      FROM clg_outboxevent WHERE position > %(after)s ORDER BY position LIMIT %(limit)s
) page
"""
ACCOUNT_ROWS: Final = """
INSERT INTO accounts_account (name) SELECT 'Company ' || n FROM generate_series(1, %(accounts)s) n
"""
NAMES: Final = """
INSERT INTO accounts_externalidentity (source_id, object_type, external_id, account_id, state)
SELECT %(source)s, 'account', 'A' || id, id, 'active' FROM accounts_account
"""
EVENT_ROWS: Final = """
INSERT INTO clg_outboxevent (type, object_type, object_id, version, changed_fields, refs, origin_kind, origin_source,
                             origin_actor, trace_id, position)
SELECT 'account.updated', 'account', a.public_id, n, ARRAY['name', 'website'],
       jsonb_build_object('account', replace(a.public_id::text, '-', '')), 'client', 'erp', 'client:9', 'row-' || n, n
  FROM generate_series(1, %(events)s) n
  JOIN (SELECT public_id, row_number() OVER (ORDER BY id) AS place FROM accounts_account) a
    ON a.place = 1 + n %% %(accounts)s
 ORDER BY n
"""


def measure(server: Server, scale: float) -> Iterator[Result]:
    """Over HTTP with a client's token, against the bare rows as JSON and a serializer of the model."""
    events = int(EVENTS * scale)
    with server.database("bench_feed"), override_settings(API_RATES={**settings.API_RATES, "read": FAST}):
        source = _fill(events)
        client = follower(source)
        page = lambda after: client.get("/api/v1/changes", {"cursor": _cursor(after), "limit": str(PAGE)})  # noqa: E731
        deep = events - PAGE
        assert [len(page(after).json()["data"]) for after in (0, deep)] == [PAGE, PAGE]
        seconds = interleave(
            [
                Side("bare", lambda: _ask(BARE, source)),
                Side("floor", lambda: _ask(FLOOR, source)),
                Side("serializer", lambda: page_by_serializer(0, PAGE)),
                Side("ours", lambda: page(0)),
                Side("deep", lambda: page(deep)),
            ],
            runs=RUNS,
        )
    bare = seconds["ours"] / seconds["bare"]
    ratio, depth = seconds["ours"] / seconds["floor"], seconds["deep"] / seconds["ours"]
    yield Result(
        item="feed_page_500", scale=scale, rows=PAGE, seconds=seconds["ours"], floor_seconds=seconds["floor"],
        baseline_seconds=seconds["serializer"], goal=f"<= {MOST_OF_FLOOR:g}x floor", met=ratio <= MOST_OF_FLOOR,
        peak_rss_mb=peak_rss_mb(), note=f"over HTTP, with rights; {bare:.1f}x the events as JSON without names",
    )  # fmt: skip
    yield Result(
        item="feed_page_500 at depth", scale=scale, rows=PAGE, seconds=seconds["deep"],
        floor_seconds=seconds["floor"], goal=f"<= {MOST_OF_START:g}x the first page", met=depth <= MOST_OF_START,
        note=f"{depth:.2f}x the first page, behind {deep:,} events",
    )  # fmt: skip


def _fill(events: int) -> CrmSource:
    """Accounts that the source names, and events of them in turn, by another source."""
    source = CrmSource.objects.create(slug="bench", name="Bench", kind=SourceKind.OTHER, rank=1)
    with without_triggers():
        execute(ACCOUNT_ROWS, {"accounts": ACCOUNTS})
        execute(NAMES, {"source": source.pk})
        execute(EVENT_ROWS, {"events": events, "accounts": ACCOUNTS})
    FeedState.objects.update(last_position=events)
    execute("VACUUM ANALYZE clg_outboxevent, accounts_account, accounts_externalidentity")
    return source


def follower(source: CrmSource) -> Client:
    scopes = ["accounts:read", "changes:read"]
    made = create_api_client(source=source, name="Follower", scopes=scopes, by="bench")
    pair = {"client_id": made.client.client_id, "client_secret": made.secret}
    answer = Client().post("/oauth/token", {"grant_type": "client_credentials", **pair})
    return Client(headers={"authorization": f"Bearer {answer.json()['access_token']}"})


def _cursor(after: int) -> str:
    return cursor_of(Place(FeedState.objects.get().epoch, after))


def _ask(statement: str, source: CrmSource) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"after": 0, "limit": PAGE, "source": source.pk})
        cursor.fetchone()
