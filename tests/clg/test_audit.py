"""pghistory's context and the statements that it would break."""

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


@pytest.mark.django_db
def test_percent_signs_stay_what_they_are_under_an_audit_context():
    with connection.cursor() as cursor, pghistory.context(task="tests.percent"):
        cursor.execute("WITH found AS (SELECT 7 %% 4 AS rest, %s AS word) SELECT * FROM found", ["a%"])
        assert cursor.fetchall() == [(3, "a%")]

        cursor.execute("WITH found AS (SELECT 7 % 4 AS rest, 'a%' AS word) SELECT * FROM found")
        assert cursor.fetchall() == [(3, "a%")]

        cursor.execute("SELECT 7 % 4")
        assert cursor.fetchall() == [(3,)]
