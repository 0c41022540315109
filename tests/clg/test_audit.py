"""pghistory's context and statements that carry many rows."""

from __future__ import annotations

import pghistory
import pytest
from django.db import connection


@pytest.mark.django_db
def test_many_rows_are_written_under_an_audit_context():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE many (number int, word text) ON COMMIT DROP")

        with pghistory.context(task="tests.many"):
            cursor.executemany("INSERT INTO many VALUES (%s, %s)", [(1, "one"), (2, "two")])

        cursor.execute("SELECT number, word, current_setting('pghistory.context_metadata') FROM many ORDER BY 1")
        assert cursor.fetchall() == [(1, "one", '{"task": "tests.many"}'), (2, "two", '{"task": "tests.many"}')]
