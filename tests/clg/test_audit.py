"""pghistory's context and the statements that it would break."""

from __future__ import annotations

import pghistory
import pytest
from django.db import connection
from psycopg import sql


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


@pytest.mark.django_db
def test_composed_statements_run_under_an_audit_context():
    statement = sql.SQL("SELECT {name}").format(name=sql.Literal("100 %"))

    with connection.cursor() as cursor, pghistory.context(task="tests.composed"):
        cursor.execute(statement)
        assert cursor.fetchall() == [("100 %",)]


@pytest.mark.django_db(transaction=True)
def test_schema_work_that_must_stand_alone_runs_under_an_audit_context():
    with connection.cursor() as cursor, pghistory.context(task="tests.schema"):
        cursor.execute("CREATE INDEX CONCURRENTLY test_alone ON accounts_team (name)")
        cursor.execute("DROP INDEX CONCURRENTLY test_alone")
