"""The SQL gives what section 3.1 says, to the hundredth."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Signal
from advocacy.models import ReadinessModel
from advocacy.readiness.scoring import Subject, score_subjects, week_of
from tests.advocacy.readiness import pools, reference
from tests.advocacy.readiness.pools import AT
from tests.factories.accounts import AccountFactory, ContactFactory

pytestmark = pytest.mark.django_db
examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def contact(db):
    return ContactFactory(account=AccountFactory(customer_since=None))


@pytest.fixture
def other_account(db):
    return AccountFactory()


def _sql(contact, model, at=AT):
    subject = Subject(7, contact.pk, contact.account_id)
    return score_subjects([subject], model=model, at=at)[7]


def _active():
    return ReadinessModel.objects.get(state="active")


def _put(contact, kind, value, age_days, *, mine=True, **fields):
    return Signal.objects.create(
        kind=kind,
        account=contact.account,
        contact=contact if mine else None,
        raw=value,
        value=value,
        observed_at=AT - dt.timedelta(days=age_days),
        source="test",
        **fields,
    )


@examples
@given(
    drawn=st.lists(pools.facts, max_size=40),
    weighting=st.one_of(pools.weightings, pools.seeded_weights),
    since=pools.customer_days,
    at=st.sampled_from([AT, dt.datetime(2026, 6, 15, tzinfo=dt.UTC), dt.datetime(2026, 6, 14, 23, 59, tzinfo=dt.UTC)]),
)
def test_sql_equals_reference(contact, other_account, drawn, weighting, since, at):
    with pools.undone():
        contact.account.customer_since = since
        contact.account.save(update_fields=["customer_since"])
        rows = pools.store_facts(drawn, contact, contact.account, other_account)
        model, weights = pools.make_model(weighting)

        ours = _sql(contact, model, at)

        slow = reference.score(
            rows=rows, weights=weights, contact=contact.pk, account=contact.account_id, customer_since=since, at=at
        )
        assert (ours.score, ours.coverage, ours.confidence, ours.band) == (
            slow["score"],
            slow["coverage"],
            slow["confidence"],
            slow["band"],
        )
        assert [_typed(part) for part in ours.parts] == slow["parts"]
        assert sum((Decimal(part["points"]) for part in ours.parts), Decimal(0)) == (ours.score or 0)
        assert ours.score is None or 0 <= ours.score <= 100


def _typed(part):
    """A stored part with the reference's types."""
    observed_at = part["observed_at"] and dt.datetime.fromisoformat(part["observed_at"])
    raw = None if part["raw"] is None else Decimal(part["raw"])
    numbers = {name: Decimal(part[name]) for name in ("value", "decay", "points")}
    return {**part, **numbers, "raw": raw, "observed_at": observed_at}


@examples
@given(drawn=st.lists(pools.facts, min_size=1, max_size=20), better=st.integers(1, 10_000))
def test_better_newest_value_never_lowers_the_score(contact, other_account, drawn, better):
    with pools.undone():
        drawn = [replace(fact, elsewhere=False, is_current=True, age=abs(fact.age)) for fact in drawn]
        pools.store_facts(drawn, contact, contact.account, other_account)
        before = _sql(contact, _active()).score
        # Of two rows of one moment the later stored is the newer.
        newest = min(reversed(drawn), key=lambda fact: fact.age)
        raised = replace(newest, hundredths=min(10_000, newest.hundredths + better))
        pools.store_facts([raised], contact, contact.account, other_account)

        after = _sql(contact, _active()).score

        assert before is None or after >= before


def test_row_after_the_moment_changes_nothing(contact):
    _put(contact, "nps", 55, 5)
    before = _sql(contact, _active())

    _put(contact, "nps", 100, -1)

    assert _sql(contact, _active()) == before


@pytest.mark.parametrize(
    ("observed_on", "score"),
    [
        # 30 days half-life: 91 days are 13 weeks, more than three half-lives; 12 weeks (84 days) still count.
        (dt.datetime(2026, 3, 23, tzinfo=dt.UTC), Decimal("40.00")),
        (dt.datetime(2026, 3, 22, 23, 59, 59, 999999, tzinfo=dt.UTC), None),
    ],
)
def test_row_is_passed_over_after_three_half_lives(contact, observed_on, score):
    Signal.objects.create(
        kind="support", account=contact.account, raw=6, value=40, observed_at=observed_on, source="test"
    )

    assert _sql(contact, _active()).score == score


def test_own_row_comes_before_a_newer_one_of_the_account(contact):
    _put(contact, "nps", 70, 30)
    _put(contact, "nps", 10, 1, mine=False)

    (part,) = _sql(contact, _active()).parts

    assert (part["value"], part["origin"]) == ("70.00", "own")


def test_account_row_stands_in_when_the_own_row_is_too_old(contact):
    _put(contact, "nps", 70, 600)
    _put(contact, "nps", 10, 1, mine=False)

    (part,) = _sql(contact, _active()).parts

    assert (part["value"], part["origin"]) == ("10.00", "account")


def test_row_of_the_contact_at_another_account_does_not_count(contact, other_account):
    Signal.objects.create(
        kind="nps", account=other_account, contact=contact, raw=10, value=100, observed_at=AT, source="test"
    )

    assert _sql(contact, _active()).parts == []


def test_nothing_known_is_no_score(contact):
    ours = _sql(contact, _active())

    assert (ours.score, ours.coverage, ours.confidence, ours.band) == (
        None,
        Decimal("0.00"),
        Decimal("0.00"),
        "unknown",
    )


def test_score_of_one_kind_is_its_value_and_confidence_its_faded_weight(contact):
    _put(contact, "relationship", 75, 0)
    fresh = _sql(contact, _active())
    later = _sql(contact, _active(), AT + dt.timedelta(weeks=4))

    assert (fresh.score, fresh.coverage, fresh.confidence) == (Decimal("75.00"), Decimal("18.00"), Decimal("18.00"))
    # 0.5 ^ (28 / 120) = 0.850667; 18 * 0.850667 = 15.312...
    assert (later.score, later.coverage, later.confidence) == (Decimal("75.00"), Decimal("18.00"), Decimal("15.31"))


@pytest.mark.parametrize(
    ("at", "monday"),
    [
        ("2026-06-15T00:00:00+00:00", dt.date(2026, 6, 15)),
        ("2026-06-14T23:59:59+00:00", dt.date(2026, 6, 8)),
        ("2026-06-15T01:00:00+02:00", dt.date(2026, 6, 8)),
        ("2026-06-21T23:59:59+00:00", dt.date(2026, 6, 15)),
    ],
)
def test_week_begins_on_monday_in_utc(at, monday):
    assert week_of(dt.datetime.fromisoformat(at)) == dt.datetime.combine(monday, dt.time(), tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("since", "months", "value"),
    [
        (dt.date(2026, 5, 15), "1", "4.17"),
        (dt.date(2026, 5, 16), "0", "0.00"),
        (dt.date(2025, 6, 15), "12", "50.00"),
        (dt.date(2020, 1, 1), "77", "100.00"),
        (dt.date(2026, 6, 17), "0", "0.00"),
    ],
)
def test_tenure_counts_whole_months_to_the_monday(contact, since, months, value):
    contact.account.customer_since = since
    contact.account.save(update_fields=["customer_since"])

    (part,) = _sql(contact, _active()).parts

    assert (part["raw"], part["value"], part["origin"]) == (months, value, "derived")
