"""A page of 200 of a list, with the reader's own ids: the first one, and one a million rows further."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.choices import SourceKind
from accounts.models import Account, CrmSource
from benchmarks.items.feed import ACCOUNT_ROWS, FAST, NAMES, follower
from benchmarks.naive.lists import page_by_serializer
from benchmarks.result import Result
from benchmarks.server import Server
from benchmarks.tables import execute, without_triggers
from benchmarks.timing import Side, interleave, peak_rss_mb
from clg.api.cursors import read_cursor, write_cursor

ROWS: Final = 1_000_000
PAGE: Final = 200
RUNS: Final = 15
MOST_OF_FLOOR: Final = 6.0
MOST_OF_START: Final = 1.5
PATH: Final = "/api/v1/accounts"
# The same content, as the database writes rows as JSON: without rights, limits, cursor and the form of values.
FLOOR: Final = """
SELECT json_agg(page)::text FROM (
    SELECT a.public_id, a.version, a.complete, a.created_at, a.deleted_at, a.name, a.website, a.domain, a.industry,
           a.segment, a.region, a.country, a.employees, a.lifecycle, a.owner_email, a.csm_email, a.customer_since,
           a.renewal_on, a.last_sales_activity_at, p.public_id AS parent, (
               SELECT min(i.external_id) FROM accounts_externalidentity i
                WHERE i.account_id = a.id AND i.source_id = %(source)s) AS external_id
      FROM accounts_account a LEFT JOIN accounts_account p ON p.id = a.parent_id
     WHERE a.complete AND a.deleted_at IS NULL
     ORDER BY a.id LIMIT %(limit)s
) page
"""


def measure(server: Server, scale: float) -> Iterator[Result]:
    """Over HTTP with a client's token, against the same rows as JSON and a serializer of the model."""
    rows = int(ROWS * scale)
    with server.database("bench_lists"), override_settings(API_RATES={**settings.API_RATES, "read": FAST}):
        source = _fill(rows)
        client = follower(source)
        first = {"limit": str(PAGE)}
        deep = {**first, "cursor": _cursor_before_the_end(client)}
        assert _queries(client, {"limit": "3"}) == _queries(client, first) == _queries(client, deep)
        seconds = interleave(
            [
                Side("floor", lambda: _floor(source)),
                Side("serializer", lambda: page_by_serializer(PAGE)),
                Side("ours", lambda: client.get(PATH, first)),
                Side("deep", lambda: client.get(PATH, deep)),
            ],
            runs=RUNS,
        )
    ratio, depth = seconds["ours"] / seconds["floor"], seconds["deep"] / seconds["ours"]
    yield Result(
        item="list_depth, first page", scale=scale, rows=PAGE, seconds=seconds["ours"],
        floor_seconds=seconds["floor"], baseline_seconds=seconds["serializer"], goal=f"<= {MOST_OF_FLOOR:g}x floor",
        met=ratio <= MOST_OF_FLOOR, peak_rss_mb=peak_rss_mb(),
        note="accounts over HTTP: token, limit, rights and the caller's ids are ours alone",
    )  # fmt: skip
    yield Result(
        item="list_depth, deep page", scale=scale, rows=PAGE, seconds=seconds["deep"],
        floor_seconds=seconds["floor"], goal=f"<= {MOST_OF_START:g}x the first page", met=depth <= MOST_OF_START,
        note=f"{depth:.2f}x the first page, behind {rows:,} rows; as many queries for 3 rows as for {PAGE}",
    )  # fmt: skip


def _fill(rows: int) -> CrmSource:
    """Accounts that the source names."""
    source = CrmSource.objects.create(slug="bench", name="Bench", kind=SourceKind.OTHER, rank=1)
    with without_triggers():
        execute(ACCOUNT_ROWS, {"accounts": rows})
        execute(NAMES, {"source": source.pk})
    execute("VACUUM ANALYZE accounts_account, accounts_externalidentity")
    return source


def _cursor_before_the_end(client: Client) -> str:
    """The cursor of the first page, sealed anew behind all rows but the last 201."""
    *seal, _ = read_cursor(client.get(PATH, {"limit": str(PAGE)}).json()["next_cursor"])
    key = Account.objects.order_by("-id").values_list("pk", flat=True)[PAGE + 1]
    return write_cursor([*seal, key])


def _queries(client: Client, query: dict[str, Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(PATH, query)
    assert len(answer.json()["data"]) == int(query["limit"])
    return len(captured)


def _floor(source: CrmSource) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, {"limit": PAGE + 1, "source": source.pk})
        cursor.fetchone()
