"""A change that makes champions due queues the scorer when it commits, and never fails for want of a broker."""

from __future__ import annotations

import datetime as dt

import pytest
from celery import current_app
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.actions.signal import Named, SignalItem, store_signals
from accounts.models import Signal
from advocacy.actions.champion import retire_champion
from clg.events import waking
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 6, 17, tzinfo=dt.UTC)


@pytest.fixture
def sent(monkeypatch):
    names = []
    monkeypatch.setattr(current_app._get_current_object(), "send_task", lambda name, **options: names.append(name))
    monkeypatch.setattr(waking, "_waker", waking._Waker())
    return names


def _observe(champion, raw=50):
    item = SignalItem("health", raw, AT, Named(pk=champion.account_id), external_id=f"{champion.pk}", clock=(1, 0))
    return store_signals([item], source="product", at=timezone.now())


def test_stored_signals_wake_the_scorer_on_commit(sent, django_capture_on_commit_callbacks):
    champion = ChampionFactory()

    with django_capture_on_commit_callbacks(execute=True):
        _observe(champion)
        assert sent == []

    assert sent == ["advocacy.score_readiness"]


def test_what_writes_nothing_wakes_nobody(sent, django_capture_on_commit_callbacks):
    champion = ChampionFactory()
    _observe(champion)

    with django_capture_on_commit_callbacks(execute=True):
        _observe(champion)
        _observe(champion, raw="nothing")

    assert sent == []


def test_move_of_a_champion_wakes_the_scorer(sent, django_capture_on_commit_callbacks, marketer):
    with django_capture_on_commit_callbacks(execute=True):
        retire_champion(champion=ChampionFactory(), reason="inactive", by=marketer, at=timezone.now())

    assert sent == ["advocacy.score_readiness"]


def test_change_stands_without_a_broker_which_is_then_left_alone(monkeypatch, django_capture_on_commit_callbacks):
    tries = []

    def refuse(name, **options):
        tries.append(name)
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app._get_current_object(), "send_task", refuse)
    monkeypatch.setattr(waking, "_waker", waking._Waker())
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            _observe(ChampionFactory())

    assert Signal.objects.filter(is_current=True).count() == 3
    assert tries == ["advocacy.score_readiness"]
