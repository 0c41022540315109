"""An import killed anywhere goes on at its checkpoint: no line is lost, none is merged twice."""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import signal
import threading
import time

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actions import import_work
from accounts.actions.import_job import abort_import, open_import, start_import, upload_data
from accounts.actions.import_work import take_import, work_on
from accounts.models import Contact, CrmSource, ImportJob
from accounts.sync.imports import chunk
from accounts.sync.imports.results import kept_rows
from accounts.sync.objects import CONTACT
from clg.invariants import look_at_all
from clg.models import OutboxEvent
from tests.factories.accounts import SourceFactory
from tests.kill.workers import ended, kill, start

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = int(os.environ.get("IMPORT_ROWS", "20000"))
KILLS = int(os.environ.get("IMPORT_KILLS", "5"))
SEED = int(os.environ.get("SEED", "20261122"))
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
HEAD = "Id,FirstName,LastName,Email,AccountId,SystemModstamp\n"


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def text(rows):
    """Contacts of a fifth as many accounts; each fiftieth has an address that is none, each hundredth comes twice."""
    chance = random.Random(SEED)  # noqa: S311 - test data
    lines = []
    for n in range(rows):
        email = "none" if n % 50 == 7 else f"p{n}@example.com"
        name = f"C{n - 1 if n % 100 == 99 else n}"
        lines.append(f"{name},Ada,Person {n},{email},A{chance.randrange(rows // 5)},2026-01-01T00:00:{n % 60:02}Z\n")
    return (HEAD + "".join(lines)).encode()


def begin(source, rows=ROWS):
    job = open_import(source=source, of=CONTACT, preset="salesforce_export", by="user:1")
    upload_data(job=job, stream=io.BytesIO(text(rows)), at=timezone.now())
    return start_import(job=job, at=timezone.now())


def work():
    job = take_import(at=timezone.now())
    if job is not None:
        work_on(job)


def leave_alone():
    """Until idle, as the beat would; the end of leases is set, not waited for."""
    deadline = time.monotonic() + 120
    while ImportJob.objects.running().exists():
        ImportJob.objects.running().update(lease_until=LONG_AGO)
        work()
        assert time.monotonic() < deadline


def outcome(job):
    """All that an import leaves behind, but the ids and moments it made."""
    job.refresh_from_db()
    people = Contact.objects.filter(identities__source=job.source)
    names = ("identities__external_id", "first_name", "last_name", "email", "version", "complete")
    named = people.values_list(*names, "account__identities__external_id", "identities__clock")
    events = OutboxEvent.objects.filter(origin_source=job.source.slug).exclude(object_type="import_job")
    kinds = sorted(events.values_list("type", "version"))
    told = [(row["line"], row["external_id"], row["outcome"]) for row in kept_rows(job)]
    return job.summary, sorted(named, key=str), kinds, told


def undisturbed(rows=ROWS):
    """What the same file leaves behind in a source of its own, where nobody is killed."""
    job = begin(SourceFactory(slug="calm"), rows)
    work()
    found = outcome(job)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("accounts_externalidentity", "accounts_contact", "accounts_account", "clg_outboxevent"):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SET session_replication_role = origin")
    return found


def assert_whole(job, calm):
    summary, people, kinds, told = outcome(job)
    assert summary["successful"] + summary["failed"] + summary["unprocessed"] == summary["total"]
    assert [line for line, _, _ in told] == sorted({line for line, _, _ in told})
    assert (summary, told) == (calm[0], calm[3])
    assert (people, kinds) == (calm[1], calm[2])
    assert look_at_all(at=timezone.now(), only=["I4", "I10"])["ok"]
    assert OutboxEvent.objects.filter(type="import_job.completed", object_id=job.public_id).count() == 1


def test_killed_at_random_moments_it_ends_as_if_undisturbed():
    """`IMPORT_ROWS` and `IMPORT_KILLS` raise the numbers, for a nightly run."""
    began = time.monotonic()
    calm = undisturbed()
    alone = time.monotonic() - began
    source: CrmSource = SourceFactory(slug="struck")  # type: ignore[assignment]
    job = begin(source)
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    killed = 0
    while killed < KILLS:
        ImportJob.objects.running().update(lease_until=LONG_AGO, attempts=0)
        pid = start(work)
        # The first, undisturbed one warmed the caches: a third of its time is well within the next one's.
        time.sleep(chance.uniform(0.02, min(alone / 3, 3.0)))
        kill(pid)
        if ended(pid) == -signal.SIGKILL:
            killed += 1
        if not ImportJob.objects.running().exists():
            break
    leave_alone()

    assert killed
    assert_whole(job, calm)


@pytest.mark.parametrize("point", ["chunk_read", "before_checkpoint", "after_checkpoint"])
def test_killed_at_a_failpoint(point):
    calm = undisturbed(rows=6000)
    job = begin(SourceFactory(slug="struck"), rows=6000)
    pid = start(work, fail_at=f"{point}=kill@2" if point != "after_checkpoint" else f"{point}=kill@1")

    assert ended(pid) == -signal.SIGKILL
    leave_alone()

    assert_whole(job, calm)


def test_a_stalled_worker_that_wakes_after_the_take_over_writes_nothing(tmp_path):
    calm = undisturbed(rows=6000)
    job = begin(SourceFactory(slug="struck"), rows=6000)
    gate = tmp_path / "wake"
    pid = start(work, fail_at=f"chunk_read=pause:{gate}@2")
    deadline = time.monotonic() + 30
    while not job.chunks.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)

    leave_alone()
    gate.touch()

    assert ended(pid) == 0
    assert_whole(job, calm)


def test_three_at_once_work_on_one_job_as_one():
    calm = undisturbed(rows=6000)
    job = begin(SourceFactory(slug="struck"), rows=6000)

    assert [ended(pid) for pid in [start(work) for _ in range(3)]] == [0, 0, 0]

    assert_whole(job, calm)
    assert import_work.MOST_ATTEMPTS > 5


def test_abort_waits_for_the_chunk_under_way(monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 50)
    job = begin(SourceFactory(), 100)
    aborting = threading.Thread(target=abort, args=[job])
    merge = import_work._merged

    def merged_while_aborting(*args):
        aborting.start()
        wait_for_a_waiter()
        return merge(*args)

    monkeypatch.setattr(import_work, "_merged", merged_while_aborting)
    work_on(take_import(at=timezone.now()), on_progress=lambda job: aborting.join())

    job.refresh_from_db()
    assert (job.state, job.processed, job.unprocessed) == ("aborted", 50, 50)
    assert Contact.objects.count() == 49


def abort(job):
    try:
        abort_import(job=job, at=timezone.now())
    finally:
        connection.close()


def wait_for_a_waiter():
    """Until somebody waits for a row that this transaction holds."""
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")
