"""Attribution survives the death of its worker anywhere: nothing lost, nothing doubled, everything adds up."""

from __future__ import annotations

import datetime as dt
import random
import signal
import time

import pytest
from django.db import connection

from accounts.models import Opportunity
from advocacy.actions.attribution import attribute_changes, continue_run, finish_run, start_run
from advocacy.attribution import chunk, runs
from advocacy.models import AttributionDirty, AttributionRun, AttributionRunRange, CreditHead, CreditSet
from clg.invariants import Depth, look_at_all
from clg.models import OutboxEvent
from tests.advocacy.attribution.tenant import AT, act, deal, ledger, meet
from tests.factories.accounts import AccountFactory
from tests.kill.workers import ended, kill, start

pytestmark = pytest.mark.django_db(transaction=True)

FAILPOINTS = (
    "claimed",
    "matched",
    "allocated",
    "lines_written",
    "headers_written",
    "heads_moved",
    "before_commit",
    "after_commit",
    "run_finished",
)
DEALS = 24
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Several chunks from few rows."""
    monkeypatch.setattr(chunk, "MARKS_A_CHUNK", 20)
    monkeypatch.setattr(chunk, "ROWS_A_CHUNK", 8)


@pytest.fixture(autouse=True)
def tenant(small_chunks):
    """Deals of some accounts, met by name and by account."""
    activities = [act(n) for n in range(4)]
    accounts = [AccountFactory() for _ in range(6)]
    deals = [deal(account=accounts[n % 6], amount=100 * n + 7) for n in range(DEALS)]
    for n, theirs in enumerate(deals):
        meet(n % 9, activity=activities[n % 4], opportunity=theirs)
    for n, account in enumerate(accounts):
        meet(n, activity=activities[n % 4], buyer_account=account)


def full() -> None:
    run = start_run(kind="full", at=AT)
    assert run is not None
    finish_run(run=run, at=AT)


def changes() -> None:
    attribute_changes(at=AT)


def leave_alone() -> None:
    """Until idle, as the ticks of the beat would; the 15 seconds of silence are set, not waited for."""
    deadline = time.monotonic() + 60
    while True:
        AttributionRunRange.objects.filter(run__status="running").update(heartbeat_at=LONG_AGO)
        run = attribute_changes(at=AT)
        if run is None:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"run {run.pk} is still {run.status}")
        if run.status == "running":  # the server has not yet noticed that its client is dead
            time.sleep(0.05)


def assert_one_effect() -> None:
    assert not AttributionDirty.objects.exists()
    assert not AttributionRun.objects.filter(status__in=["queued", "running"]).exists()
    assert look_at_all(at=AT, only=["I1", "I2", "I3"], depth=Depth(is_deep=True))["ok"]
    assert CreditHead.objects.count() == DEALS * 5
    assert told() == sorted(moved())
    before = ledger()
    full()
    assert ledger() == before
    assert AttributionRun.objects.latest("pk").credit_sets.count() == 0


def told() -> list[tuple[str, int]]:
    rows = OutboxEvent.objects.filter(type="attribution.updated")
    return sorted((str(key), version or 0) for key, version in rows.values_list("object_id", "version"))


def moved() -> list[tuple[str, int]]:
    names = {(h.model_id, h.opportunity_id): str(h.public_id) for h in CreditHead.objects.all()}
    rows = CreditSet.objects.values_list("model_id", "opportunity_id", "generation")
    return [(names[model, theirs], generation) for model, theirs, generation in rows]


@pytest.mark.parametrize("work", [changes, full])
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_at_a_failpoint(point, work):
    nth = 1 if point == "run_finished" or work is full else 2
    pid = start(work, fail_at=f"{point}=kill@{nth}")

    assert ended(pid) == -signal.SIGKILL
    leave_alone()

    assert_one_effect()


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_moment(seed):
    chance = random.Random(seed)  # noqa: S311 - a moment, not a secret
    pid = start(chance.choice([changes, full]))
    time.sleep(chance.uniform(0, 0.6))
    kill(pid)

    assert ended(pid) in (0, -signal.SIGKILL)
    leave_alone()

    assert_one_effect()


def test_eight_at_once_have_one_effect():
    pids = [start(changes) for _ in range(8)]

    assert [ended(pid) for pid in pids] == [0] * 8
    leave_alone()

    assert_one_effect()
    assert AttributionRun.objects.filter(kind="changes", status="completed").count() == 1


def test_two_workers_of_full_runs_have_one_effect():
    pids = [start(full), start(full)]

    assert [ended(pid) for pid in pids] == [0, 0]
    leave_alone()

    assert_one_effect()


def test_a_stalled_worker_that_wakes_after_the_take_over_writes_nothing(tmp_path):
    gate = tmp_path / "wake"
    pid = start(changes, fail_at=f"after_commit=pause:{gate}@1")
    _until(lambda: CreditSet.objects.exists())
    AttributionRunRange.objects.update(heartbeat_at=LONG_AGO)
    run = AttributionRun.objects.get()

    continue_run(run=run, at=AT)
    written = CreditSet.objects.count()
    gate.touch()

    assert ended(pid) == 0
    assert run.attempt == 2
    assert CreditSet.objects.count() == written
    assert_one_effect()


def test_a_worker_inside_its_chunk_is_not_taken_over(tmp_path):
    gate = tmp_path / "wake"
    pid = start(changes, fail_at=f"heads_moved=pause:{gate}@1")
    _until(lambda: _lock_is_held())
    AttributionRunRange.objects.update(heartbeat_at=LONG_AGO)
    run = AttributionRun.objects.get()

    assert runs.take_over(run.pk) is None
    gate.touch()

    assert ended(pid) == 0
    assert_one_effect()


def test_writers_beside_a_run_lose_nothing(tmp_path):
    gate = tmp_path / "wake"
    pid = start(changes, fail_at=f"matched=pause:{gate}@1")
    _until(_lock_is_held)
    meet(3, buyer_account=Opportunity.objects.first().account)
    Opportunity.objects.update(amount=9)
    gate.touch()

    assert ended(pid) == 0
    leave_alone()

    assert_one_effect()
    assert set(CreditHead.objects.values_list("credit_set__basis_minor", flat=True)) == {900}


def _lock_is_held() -> bool:
    """Whether somebody works on range 0; the door of runs has another number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.granted AND l.objid = 0"
        )
        return bool(cursor.fetchone()[0])


def _until(happens: object, *, within: float = 30) -> None:
    deadline = time.monotonic() + within
    while not happens():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen")
        time.sleep(0.01)
