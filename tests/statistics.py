"""What the planner knows of tables, forgotten again.

ANALYZE writes the size of a table past the transaction: of a test that is rolled back, it would stay for all others,
and a table believed to be empty gets plans that are quadratic.
"""

from __future__ import annotations

import psycopg
from django.db import connection


def forget_statistics(*tables: str) -> None:
    """Make tables look never analyzed, as in a fresh database; by a connection of its own, committed at once."""
    parameters = connection.get_connection_params() | {"cursor_factory": psycopg.Cursor, "context": None}
    with psycopg.connect(**parameters, autocommit=True) as beside:
        beside.execute(
            "UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE oid = ANY (%s::regclass[])", [list(tables)]
        )
