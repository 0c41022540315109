"""The same public ids for the same seed, although the merge engine lets the database draw them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from accounts.models import CrmSource
from growth.demo.seed import Seed

_SQL = (Path(__file__).parent / "public_ids.sql").read_text()
_TABLES = {"account": "accounts_account", "contact": "accounts_contact", "opportunity": "accounts_opportunity"}


@contextmanager
def derived_public_ids(seed: Seed, source: CrmSource) -> Iterator[None]:
    """Inside, a new account, contact or deal takes its public id from the seed and the source's name for it.

    By a trigger that lives only in the caller's transaction: nobody else ever meets it, and history and events name
    the row by its final id from the start.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL)
        for noun, table in _TABLES.items():
            cursor.execute(
                f"CREATE TRIGGER demo_public_id BEFORE INSERT ON {table} FOR EACH ROW"
                f" EXECUTE FUNCTION pg_temp.demo_public_id('{noun}', '{seed.value}', '{source.pk}')"
            )
        yield
        # Deferred keys would still be waiting, and a table with waiting checks refuses to lose its trigger.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _TABLES.values():
            cursor.execute(f"DROP TRIGGER demo_public_id ON {table}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
