"""Scorers and writers at once: every mark is worked off once, and no older picture wins."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions.signal import Named, SignalItem, store_signals
from accounts.models import Signal
from advocacy.actions import readiness
from advocacy.actions.readiness import score_readiness
from advocacy.models import Readiness, ReadinessChange, ReadinessDirty
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db(transaction=True)
SCORERS, WRITERS, ROUNDS = 4, 4, 12


def _soon():
    """Late enough for every mark stamped by the server's clock so far."""
    return timezone.now() + dt.timedelta(minutes=9)


def test_scorers_and_writers_at_once_end_like_a_full_run():
    champions = ChampionFactory.create_batch(6)
    barrier, at = Barrier(SCORERS + WRITERS), _soon()

    def write(writer):
        barrier.wait()
        for turn in range(ROUNDS):
            champion = champions[(writer + turn) % len(champions)]
            name, raw = f"{champion.pk}", (7 * writer + 11 * turn) % 100
            item = SignalItem("health", raw, at, Named(pk=champion.account_id), None, name, (turn, writer))
            store_signals([item], source="product", at=at)

    def score(scorer):
        barrier.wait()
        for _ in range(ROUNDS):
            score_readiness(at=at)

    def run(job):
        try:
            job[0](job[1])
        finally:
            connection.close()

    jobs = [(write, number) for number in range(WRITERS)] + [(score, number) for number in range(SCORERS)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(run, jobs))
    score_readiness(at=at)

    assert ReadinessDirty.objects.count() == 0
    assert score_readiness(at=at, everybody=True).changed == 0
    assert Readiness.objects.count() == 6
    assert Signal.objects.filter(is_current=True).count() == 6


def test_slow_scorer_does_not_write_an_older_picture(monkeypatch):
    """The first scorer has claimed its mark; before it reads, a second one scores a newer signal."""
    champion = ChampionFactory()
    at = _soon()
    score_readiness(at=at)
    item = SignalItem("health", 10, timezone.now(), Named(pk=champion.account_id))
    store_signals([item], source="product", at=at)
    claimed, go_on = Event(), Event()

    def pause(name):
        if name == "readiness.claimed" and not claimed.is_set():
            claimed.set()
            go_on.wait(10)

    monkeypatch.setattr(readiness, "failpoint", pause)

    def slow():
        score_readiness(at=at)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert claimed.wait(10)
    store_signals([SignalItem("health", 90, timezone.now(), Named(pk=champion.account_id))], source="product", at=at)
    score_readiness(at=at)
    go_on.set()
    thread.join(10)

    assert [part["value"] for part in Readiness.objects.get().parts if part["kind"] == "health"] == ["90.00"]
    assert score_readiness(at=at, everybody=True).changed == 0


def test_killed_scorer_leaves_its_marks(monkeypatch):
    champion = ChampionFactory()
    at = _soon()
    score_readiness(at=at)
    store_signals([SignalItem("health", 10, timezone.now(), Named(pk=champion.account_id))], source="product", at=at)

    def die(name):
        if name == "readiness.stored":
            raise KeyboardInterrupt

    monkeypatch.setattr(readiness, "failpoint", die)
    with pytest.raises(KeyboardInterrupt):
        score_readiness(at=at)
    monkeypatch.undo()

    assert ReadinessDirty.objects.count() == 1
    assert score_readiness(at=at).changed == 1


def test_scorer_waits_for_an_action_on_the_champion_and_sees_its_end():
    champion = ChampionFactory()
    at = _soon()
    held, done = Event(), []

    def score():
        held.wait(10)
        done.append(score_readiness(at=at).scored)
        connection.close()

    thread = Thread(target=score)
    thread.start()
    with transaction.atomic():
        type(champion).objects.select_for_update().get()
        type(champion).objects.update(standing="retired", standing_reason="inactive")
        held.set()
        thread.join(0.5)
        assert done == []
    thread.join(10)

    assert done == [0]
    assert not ReadinessChange.objects.exists()
