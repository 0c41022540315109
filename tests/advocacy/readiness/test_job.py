"""The scoring job: due, history, events, twice is once, incremental equals full."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Signal
from advocacy.actions.readiness import score_readiness
from advocacy.choices import Standing
from advocacy.models import Champion, Readiness, ReadinessChange, ReadinessDirty, ReadinessModel
from clg.models import OutboxEvent
from tests.advocacy.readiness import pools
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """A Wednesday noon at least a day ahead: marks of this test, stamped by the server's clock, are due then."""
    today = timezone.now()
    return (today + dt.timedelta(days=9 - today.weekday())).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def champion():
    return ChampionFactory(contact__account__customer_since=None)


def _observe(champion, kind, value, at, **fields):
    return Signal.objects.create(
        kind=kind, account=champion.account, raw=value, value=value, observed_at=at, source="test", **fields
    )


def _counts(run):
    return tuple(run.counts.values())


def test_second_run_at_the_same_moment_scores_nobody(champion, now):
    _observe(champion, "health", 80, now)

    first, second, everybody = (
        score_readiness(at=now),
        score_readiness(at=now),
        score_readiness(at=now, everybody=True),
    )

    assert _counts(first) == (1, 1, 1, 0)
    assert _counts(second) == (0, 0, 0, 0)
    assert _counts(everybody) == (1, 0, 0, 0)


def test_score_is_stored_with_its_week_and_weight_set(champion, now):
    _observe(champion, "health", 80, now)

    score_readiness(at=now)

    stored = Readiness.objects.get(champion=champion)
    assert (stored.score, stored.coverage, stored.confidence, stored.band) == (
        Decimal("80.00"),
        Decimal("12.00"),
        Decimal("12.00"),
        "unknown",
    )
    assert stored.scored_week == now.date() - dt.timedelta(days=2)
    assert stored.model.version == 1
    assert stored.terms == []


def test_new_week_makes_everybody_due_once(champion, now):
    _observe(champion, "health", 80, now)
    score_readiness(at=now)
    monday = now + dt.timedelta(days=5, hours=-12)

    before, after, again = (
        score_readiness(at=monday - dt.timedelta(microseconds=1)),
        score_readiness(at=monday),
        score_readiness(at=monday),
    )

    assert (before.scored, after.scored, after.changed, again.scored) == (0, 1, 1, 0)
    assert Readiness.objects.get().confidence == Decimal("11.07")  # 12 * 0.5 ^ (7 / 60)


def test_signal_is_due_when_observed(champion, now):
    score_readiness(at=now)
    _observe(champion, "health", 80, now + dt.timedelta(minutes=8))

    early, late = score_readiness(at=now), score_readiness(at=now + dt.timedelta(minutes=8))

    assert (early.scored, late.scored, late.changed) == (0, 1, 1)


def test_three_moves_of_forty_hundredths_write_one_history_row_at_the_third(champion, now):
    _observe(champion, "health", "60.00", now)
    score_readiness(at=now)
    rows = []

    for value in ("60.40", "60.80", "61.20"):
        _observe(champion, "health", value, now)
        score_readiness(at=now)
        rows.append(ReadinessChange.objects.count())

    assert rows == [1, 1, 2]
    newest = ReadinessChange.objects.latest("id")
    assert (newest.old_score, newest.new_score, newest.cause) == (Decimal("60.00"), Decimal("61.20"), "signal")


def test_change_of_band_is_remembered_and_told_however_small(champion, now):
    for kind in ("health", "success_plan", "usage", "adoption"):
        _observe(champion, kind, "70.00", now)
    score_readiness(at=now)
    _observe(champion, "health", "69.90", now)

    run = score_readiness(at=now)

    assert (run.history, run.bands) == (1, 1)
    newest = ReadinessChange.objects.latest("id")
    assert (newest.old_band, newest.new_band, newest.new_score) == ("ready", "warming", Decimal("69.97"))
    event = OutboxEvent.objects.get(type="readiness.band_changed")
    assert (event.object_type, event.object_id, event.changed_fields) == ("champion", champion.public_id, ["band"])
    assert event.refs == {"account": champion.account.public_id.hex, "contact": champion.contact.public_id.hex}


def test_first_score_tells_no_change_of_band(champion, now):
    _observe(champion, "health", 80, now)

    score_readiness(at=now)

    assert not OutboxEvent.objects.filter(type="readiness.band_changed").exists()


def test_retired_champions_are_not_scored(champion, now):
    Champion.objects.update(standing=Standing.RETIRED, standing_reason="inactive")

    assert _counts(score_readiness(at=now, everybody=True)) == (0, 0, 0, 0)
    assert not Readiness.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda champion: Account.objects.filter(pk=champion.account_id).update(customer_since=dt.date(2020, 1, 1)),
        lambda champion: Signal.objects.filter(kind="health").update(is_current=False),
        lambda champion: Champion.objects.update(account=AccountFactory(customer_since=dt.date(2020, 1, 1))),
    ],
    ids=["tenure", "correction", "account of the champion"],
)
def test_what_changes_a_score_makes_it_due(champion, now, change):
    _observe(champion, "health", 80, now)
    score_readiness(at=now)
    before = Readiness.objects.get().parts

    change(champion)

    assert score_readiness(at=now).scored == 1
    assert Readiness.objects.get().parts != before


def test_change_of_other_columns_makes_nobody_due(champion, now):
    score_readiness(at=now)

    Account.objects.filter(pk=champion.account_id).update(name="Renamed", customer_since=None)

    assert ReadinessDirty.objects.count() == 0


def test_account_signal_makes_all_its_champions_due_and_no_others(champion, now):
    ChampionFactory(contact=ContactFactory(account=champion.account))
    ChampionFactory()
    score_readiness(at=now)

    _observe(champion, "health", 80, now)

    assert score_readiness(at=now).scored == 2


def test_other_weight_set_makes_everybody_due(champion, now):
    _observe(champion, "health", 80, now)
    score_readiness(at=now)
    old = ReadinessModel.objects.get(state="active")
    new = ReadinessModel.objects.create(version=2)
    new.weights.create(kind="health", weight=100, half_life_days=60)
    ReadinessModel.objects.filter(pk=old.pk).update(state="retired")
    ReadinessModel.objects.filter(pk=new.pk).update(state="active")

    run = score_readiness(at=now)

    assert _counts(run) == (1, 1, 1, 1)
    assert ReadinessChange.objects.latest("id").cause == "model"


def test_batches_of_one_give_the_same_as_one_batch(now):
    for value in (10, 50, 90):
        _observe(ChampionFactory(), "health", value, now)

    run = score_readiness(at=now, batch=1)

    assert _counts(run) == (3, 3, 3, 0)
    assert score_readiness(at=now, everybody=True).changed == 0


steps = st.lists(
    st.one_of(
        st.tuples(st.just("signal"), st.integers(0, 2), pools.facts),
        st.tuples(st.just("correction"), st.integers(0, 2), st.integers(0, 99)),
        st.tuples(st.just("days"), st.integers(0, 9), st.none()),
        st.tuples(st.just("run"), st.just(0), st.none()),
    ),
    max_size=14,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=steps)
def test_incremental_equals_full_after_any_sequence(now, steps):
    with pools.undone():
        shared = AccountFactory(customer_since=dt.date(2025, 3, 31))
        champions = [
            ChampionFactory(contact__account=shared),
            ChampionFactory(contact__account=shared),
            ChampionFactory(),
        ]
        at = now
        for step, number, detail in steps:
            at = _take(step, number, detail, champions, at)

        incremental = score_readiness(at=at)
        full = score_readiness(at=at, everybody=True)

        assert full.changed == full.history == full.bands == 0
        assert full.scored == 3
        assert score_readiness(at=at).scored == 0
        assert incremental.scored <= 3


def _take(step, number, detail, champions, at):
    """One step of a drawn history; answers the moment after it."""
    if step == "days":
        return at + dt.timedelta(days=number)
    if step == "run":
        score_readiness(at=at)
    elif step == "signal":
        champion = champions[number]
        pools.store_fact(detail, champion.contact, champion.account, at)
    else:
        newest = Signal.objects.filter(account=champions[number].account, is_current=True).order_by("id")[detail:][:1]
        Signal.objects.filter(pk__in=list(newest.values_list("pk", flat=True))).update(is_current=False)
    return at


def _call(*args):
    out = StringIO()
    call_command("score_readiness", *args, stdout=out)
    return out.getvalue().strip()


def test_command_prints_its_numbers(champion, now):
    _observe(champion, "health", 80, now)

    assert _call("--at", now.isoformat()) == "scored=1 changed=1 history=1 bands=0"
    assert _call("--at", now.isoformat()) == "scored=0 changed=0 history=0 bands=0"
    assert _call("--at", now.isoformat(), "--all") == "scored=1 changed=0 history=0 bands=0"


def test_command_scores_one_champion(champion, now):
    other = ChampionFactory()

    assert _call("--at", now.isoformat(), "--champion", champion.name_outside) == "scored=1 changed=1 history=1 bands=0"
    assert not Readiness.objects.filter(champion=other).exists()


def test_command_names_an_unknown_champion(db):
    with pytest.raises(CommandError, match="There is no champion cha_nobody"):
        _call("--champion", "cha_nobody")
