"""What every test stands on: the embedded services, a clean database, a small named cast."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import TransactionTestCase

from clg.startup import hold_services
from tests.template import use_template

pytest_plugins = ["tests.cast", "tests.callers", "tests.security.fuzz_count"]

# Rows that migrations make: a test that commits puts them back as they were.
_REFERENCE_PREFIX = "reference_copy"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: pytest.FixtureRequest
) -> None:
    """Start (or share) the embedded servers before the test database is made, as a copy of a migrated one."""
    hold_services()
    with django_db_blocker.unblock():
        use_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Keep a copy of every row that migrations made."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # A kept test database (--reuse-db) has it already, with the rows of its migrations.
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [_REFERENCE_PREFIX])
        if cursor.fetchone():
            return
        cursor.execute(f"CREATE SCHEMA {_REFERENCE_PREFIX}")
        for table in _tables():
            cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
            if cursor.fetchone():
                cursor.execute(f'CREATE TABLE {_REFERENCE_PREFIX}."{table}" AS TABLE public."{table}"')


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        return [name for (name,) in cursor.fetchall() if name != "django_migrations"]


def _restore_database(self: TransactionTestCase) -> None:
    """Empty every table and put the reference rows back, past triggers and keys.

    Django's own flush is TRUNCATE, which our append-only tables refuse, and it would drop what migrations made.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [_REFERENCE_PREFIX])
        kept = {name for (name,) in cursor.fetchall()}
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(";".join(f'DELETE FROM "{table}"' for table in _tables()))
        for table in kept:
            columns = _plain_columns(table)
            cursor.execute(
                f'INSERT INTO "{table}" ({columns}) OVERRIDING SYSTEM VALUE'
                f' SELECT {columns} FROM {_REFERENCE_PREFIX}."{table}"'
            )
        cursor.execute("SET session_replication_role = DEFAULT")


def _plain_columns(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        return ", ".join(f'"{name}"' for (name,) in cursor.fetchall())


TransactionTestCase._fixture_teardown = _restore_database  # type: ignore[method-assign]
