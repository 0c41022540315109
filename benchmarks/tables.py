"""Floors: tables with the same columns and indexes, and COPY of the same rows into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection


def execute(statement: str, parameters: Mapping[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def number(statement: str, parameters: Sequence[Any] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]


@contextmanager
def without_triggers() -> Iterator[None]:
    """Bulk data goes in past triggers and keys: the benchmark's superuser may do what the product may not."""
    execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        execute("SET session_replication_role = DEFAULT")


@dataclass
class Copied:
    """The rows of some tables, kept in memory as binary COPY, and empty tables of the same shape."""

    tables: Sequence[str]
    with_keys: bool = False
    _rows: dict[str, list[bytes]] | None = None

    def take(self, where: dict[str, str] | None = None) -> None:
        """Remember the rows that are there now (of a table, those that match `where`)."""
        self._rows = {}
        for table in self.tables:
            execute(f"DROP TABLE IF EXISTS floor_{table} CASCADE")
            execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            if self.with_keys:
                _add_keys(table, self.tables)
            query = f"SELECT {_columns(table)} FROM {table} WHERE {(where or {}).get(table, 'true')}"
            with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as copy:
                self._rows[table] = [bytes(block) for block in copy]

    def empty(self) -> None:
        execute("TRUNCATE " + ", ".join(f"floor_{table}" for table in self.tables))

    def copy(self) -> None:
        """Write all rows in one transaction, as the product would have to."""
        assert self._rows is not None
        execute("BEGIN")
        for table, blocks in self._rows.items():
            into = f"COPY floor_{table} ({_columns(table)}) FROM STDIN (FORMAT binary)"
            with connection.cursor() as cursor, cursor.copy(into) as copy:
                for block in blocks:
                    copy.write(block)
        execute("COMMIT")


def _columns(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)"
            " FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        return cursor.fetchone()[0]


def _add_keys(table: str, copied: Sequence[str]) -> None:
    """The foreign keys of a table; those to another copied table point to its copy, so parents come first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        for (definition,) in cursor.fetchall():
            for parent in copied:
                definition = definition.replace(f"REFERENCES {parent}(", f"REFERENCES floor_{parent}(")
            cursor.execute(f"ALTER TABLE floor_{table} ADD {definition}")


def scan_and_copy(tables: Sequence[str], copied: Copied) -> None:
    """The floor of a job: read all of its input, write all of its output."""
    scan(*tables)
    copied.copy()


def scan(*tables: str) -> None:
    """Read every row of some tables once."""
    for table in tables:
        number(f"SELECT count(t.*) FROM {table} t")
