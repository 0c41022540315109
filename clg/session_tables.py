"""Temporary tables that a database session makes once and keeps: set-based jobs meet in them."""

from __future__ import annotations

from typing import Any


def make(cursor: Any, last: str, script: str) -> None:
    """Run a script of CREATE TEMPORARY TABLE unless this session has its last table already.

    Asked of the server, not remembered: a rollback takes new tables with it, and a pooler may have changed the session.
    """
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"pg_temp.{last}"])
    if not cursor.fetchone()[0]:
        cursor.execute(script)


def has_rows(cursor: Any, table: str) -> bool:
    """Whether a table, named in the code, has rows: planning statements over nothing costs more than asking first."""
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    return bool(cursor.fetchone()[0])
