"""What a batch costs when the database's statistics do not know its source yet."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from accounts.sync.engine import ANALYZE_FROM_ITEMS, THIN_BELOW_BATCHES, upsert
from accounts.sync.objects import CONTACT
from tests.factories.accounts import SourceFactory
from tests.statistics import forget_statistics

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ITEMS = ANALYZE_FROM_ITEMS + 100


@pytest.fixture(autouse=True)
def forgotten(db):
    """What these tests let the planner know is gone for the others."""
    yield
    forget_statistics("accounts_externalidentity")


def fill(source, names):
    """Names of a source, statistics that know it alone, and a planner that takes loops for the cheapest join."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_externalidentity (source_id, object_type, external_id, state)"
            " SELECT %s, 'contact', 'N' || n, 'deleted' FROM generate_series(1, %s) AS n",
            [source.pk, names],
        )
        cursor.execute(
            "ANALYZE accounts_externalidentity; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
        )


def rows_read():
    """Identities and staged rows that this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('accounts_externalidentity', %s)",
            [CONTACT.staged._meta.db_table],
        )
        return cursor.fetchone()[0]


def people(second):
    return [
        {
            "external_id": f"C{n}",
            "source_updated_at": f"2026-01-01T00:00:{second:02}Z",
            "fields": {"last_name": f"Person {n} of {second}"},
        }
        for n in range(ITEMS)
    ]


def test_batch_of_a_source_that_statistics_do_not_know_reads_its_rows_a_few_times():
    fill(SourceFactory(), THIN_BELOW_BATCHES * ITEMS + 100)
    source = SourceFactory()
    upsert(source=source, of=CONTACT, raw_items=people(1), at=AT)
    before = rows_read()

    results = upsert(source=source, of=CONTACT, raw_items=people(2), at=AT)

    assert {result.outcome for result in results} == {"updated"}
    # Joined to the one identity that was expected, every item was compared with all of them.
    assert rows_read() - before < 50 * ITEMS
