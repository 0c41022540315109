"""Twice is once: every task in the registry, twice in a row and eight times at once, has the effect of one run."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.models import Signal
from advocacy.actions.attribution import start_run
from clg.celery import app
from clg.models import IdempotencyKey, OutboxEvent
from tests.advocacy.attribution.tenant import deal, meet
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8


def no_arguments():
    return []


def a_run():
    return [start_run(kind="full", at=timezone.now()).pk]


# Every task of ours, and how its arguments come about: a task that is not here fails the build.
ARGUMENTS = {
    "clg.sweep": no_arguments,
    "clg.run_consumers": no_arguments,
    "clg.deliver_webhooks": no_arguments,
    "clg.purge": no_arguments,
    "clg.write_digests": no_arguments,
    "clg.check_invariants": no_arguments,
    "accounts.forget_sync_records": no_arguments,
    "accounts.run_imports": no_arguments,
    "accounts.purge_imports": no_arguments,
    "advocacy.attribute_changes": no_arguments,
    "advocacy.attribution_nightly": no_arguments,
    "advocacy.continue_run": a_run,
    "advocacy.score_readiness": no_arguments,
    "advocacy.move_standings": no_arguments,
    "advocacy.expire_asks": no_arguments,
    "advocacy.expire_grants": no_arguments,
    "advocacy.announce_grant_expiry": no_arguments,
    "advocacy.chase_takedowns": no_arguments,
}
# Heartbeats, claimed turns and notes of each run: not the state of the business.
ASIDE = {
    "clg_sweeptick",
    "clg_securitylog",
    "clg_feedconsumer",
    "pghistory_context",
    "advocacy_attributionrun",
    "advocacy_attributionrunrange",
}


@pytest.fixture(autouse=True)
def work():
    """Something for each task to do."""
    ours()
    theirs = deal()
    meet(1, opportunity=theirs)
    champion = ChampionFactory(standing="resting", rests_until=timezone.now() - dt.timedelta(days=1))
    now = timezone.now() - dt.timedelta(minutes=1)
    Signal.objects.create(kind="health", account=champion.account, raw=70, value=70, observed_at=now, source="test")
    IdempotencyKey.objects.create(
        principal="user:1", key="k", fingerprint=b"", status=200, body=b"", expires_at="2026-01-01T00:00:00Z"
    )
    OutboxEvent.objects.create(type="account.updated", object_type="account", object_id=champion.account.public_id)


def state():
    """How many rows each table has, and what the outbox says, without the moments."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall() if name not in ASIDE]
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    events = OutboxEvent.objects.values_list("type", "object_type", "version")
    return {name: count for name, count in counts.items() if count}, sorted(map(str, events)), len(mail.outbox)


def run(name, arguments):
    app.tasks[name](*arguments)


def ours():
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_every_task_is_in_the_table():
    assert ours() == set(ARGUMENTS)


def test_tasks_have_time_limits_and_take_ids_only():
    assert app.conf.task_time_limit == 900
    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)
    assert (app.conf.worker_prefetch_multiplier, app.conf.accept_content) == (1, ["json"])
    assert app.conf.task_ignore_result is True


@pytest.mark.parametrize("name", ARGUMENTS)
def test_twice_in_a_row_is_once(name):
    arguments = ARGUMENTS[name]()
    run(name, arguments)
    once = state()

    run(name, arguments)

    assert state() == once


@pytest.mark.parametrize("name", ARGUMENTS)
def test_eight_at_once_are_once(name):
    arguments, failures, gate = ARGUMENTS[name](), [], threading.Barrier(AT_ONCE)

    def one():
        gate.wait()
        try:
            run(name, arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    together = state()
    run(name, arguments)

    assert failures == []
    assert state() == together
