"""Small pools drawn by Hypothesis: signals of all ages, corrected ones, weight sets with every missing rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from hypothesis import strategies as st

from accounts.choices import SIGNAL_KINDS
from accounts.models import Signal
from advocacy.models import ReadinessModel, ReadinessWeight
from advocacy.readiness.weights import extend_decay
from tests.advocacy.readiness import reference

AT = dt.datetime(2026, 6, 17, 13, 30, tzinfo=dt.UTC)
WEIGHTS = {
    "relationship": (18, 120),
    "nps": (15, 180),
    "health": (12, 60),
    "success_plan": (12, 365),
    "usage": (8, 45),
    "adoption": (8, 90),
    "sentiment": (6, 90),
    "support": (5, 30),
    "executive_review": (4, 180),
    "usage_trend": (4, 30),
    "csat": (3, 120),
    "tenure": (3, None),
    "community": (2, 90),
}
STORED_KINDS = [kind for kind in WEIGHTS if kind != "tenure"]


@dataclass(frozen=True)
class Fact:
    """A signal to be: `mine` is about the contact, `elsewhere` at another account."""

    kind: str
    mine: bool
    elsewhere: bool
    hundredths: int
    age: dt.timedelta
    is_current: bool


ages = st.one_of(
    st.timedeltas(min_value=dt.timedelta(days=-3), max_value=dt.timedelta(days=1200)),
    # Mondays to the microsecond, and the weeks around three half-lives.
    st.builds(
        lambda weeks, micros: (
            AT - dt.datetime(2026, 6, 15, tzinfo=dt.UTC) + dt.timedelta(weeks=weeks, microseconds=micros)
        ),
        st.integers(0, 160),
        st.integers(-1, 1),
    ),
)
facts = st.builds(
    Fact,
    kind=st.sampled_from(STORED_KINDS),
    mine=st.booleans(),
    elsewhere=st.integers(0, 9).map(lambda n: n == 0),
    hundredths=st.integers(0, 10_000),
    age=ages,
    is_current=st.integers(0, 9).map(bool),
)
weightings = st.fixed_dictionaries(
    {
        kind: st.tuples(
            st.integers(0, 30),
            st.none() if half_life is None else st.sampled_from([7, 20, 30, 45, 60, 90, 120, 365, 1000]),
            st.sampled_from(["reweight", "reweight", "neutral", "zero"]),
        )
        for kind, (_, half_life) in WEIGHTS.items()
    }
)
seeded_weights = st.just({kind: (*pair, "reweight") for kind, pair in WEIGHTS.items()})
customer_days = st.one_of(st.none(), st.dates(dt.date(2022, 1, 1), dt.date(2026, 8, 1)))


@contextmanager
def undone() -> Iterator[None]:
    """Everything inside is rolled back: one database for all examples of a test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def store_facts(drawn: list[Fact], contact, account, other_account) -> list[reference.Row]:
    """Stores the drawn facts and answers the current ones as the reference reads them."""
    signals = Signal.objects.bulk_create(_signal(fact, contact, account, other_account) for fact in drawn)
    return [
        reference.Row(row.pk, row.kind, row.account_id, row.contact_id, row.value, row.raw.normalize(), row.observed_at)
        for row in signals
        if row.is_current
    ]


def store_fact(fact: Fact, contact, account, at: dt.datetime) -> Signal:
    """Stores one drawn fact as seen from `at`."""
    signal = _signal(fact, contact, account, account)
    signal.observed_at = at - fact.age
    signal.save()
    return signal


def _signal(fact, contact, account, other_account):
    value = Decimal(fact.hundredths).scaleb(-2)
    return Signal(
        kind=fact.kind,
        account=other_account if fact.elsewhere else account,
        contact=contact if fact.mine and SIGNAL_KINDS[fact.kind].about == "contact" else None,
        raw=value,
        value=value,
        observed_at=AT - fact.age,
        source="test",
        is_current=fact.is_current,
    )


def make_model(weighting) -> tuple[ReadinessModel, dict[str, reference.Weight]]:
    model = ReadinessModel.objects.create(version=900)
    ReadinessWeight.objects.bulk_create(
        ReadinessWeight(model=model, kind=kind, weight=weight, half_life_days=half_life, missing=missing)
        for kind, (weight, half_life, missing) in weighting.items()
    )
    extend_decay(model)
    return model, {kind: reference.Weight(*rule) for kind, rule in weighting.items()}
