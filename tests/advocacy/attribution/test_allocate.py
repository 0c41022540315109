"""The set-based allocator: equal to the twin in every field, and the laws every division obeys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advocacy.attribution.allocate import allocate, create_tables, empty_tables, load_rules
from advocacy.attribution.engines import (
    allocate_in_python,
    allocate_in_sql,
    load_cases,
    split_in_python,
    split_in_sql,
)
from advocacy.attribution.rules import Rule
from advocacy.attribution.twin import Allocation, Case, Touch
from tests.advocacy.attribution import drawn

pytestmark = pytest.mark.django_db

SLOW_DRAW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
few = settings(max_examples=8, deadline=None, suppress_health_check=SLOW_DRAW)
many = settings(max_examples=30, deadline=None, suppress_health_check=SLOW_DRAW)
Pairs = list[tuple[Rule, Case]]

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LINEAR = Rule(family="positions", parameters={"preset": "linear"}, version_id=7, model_id=3)


@many
@given(pairs=drawn.pairs)
def test_sql_equals_the_twin_in_every_field(pairs: Pairs) -> None:
    assert allocate_in_sql(pairs) == allocate_in_python(pairs)


@few
@given(pairs=drawn.pairs)
def test_every_set_adds_up_three_times(pairs: Pairs) -> None:
    found = [each for each in allocate_in_sql(pairs) if each.state == "lines"]

    assert [sum(line.credit_micros for line in each.lines) for each in found] == [1_000_000] * len(found)
    assert [sum(line.amount_minor for line in each.lines) for each in found] == [each.basis_minor for each in found]
    assert [_reporting(each) for each in found] == [each.reporting_minor for each in found]
    assert [sum(line.raw for line in each.lines) for each in found] == [each.raw_total for each in found]


def _reporting(found: Allocation) -> int | None:
    parts = [line.reporting_minor for line in found.lines]
    return None if None in parts else sum(part for part in parts if part is not None)


@few
@given(pairs=drawn.pairs)
def test_the_order_of_insertion_does_not_matter(pairs: Pairs) -> None:
    turned = [(rule, replace(case, touches=case.touches[::-1])) for rule, case in pairs]

    assert allocate_in_sql(turned) == allocate_in_sql(pairs)


@few
@given(pairs=drawn.pairs)
def test_refused_touches_never_matter(pairs: Pairs) -> None:
    found = allocate_in_sql(pairs)
    credited = [(pair, each) for pair, each in zip(pairs, found, strict=True) if each.path]
    without = [
        (rule, replace(case, touches=tuple(touch for touch in case.touches if touch.touch_id in each.path)))
        for (rule, case), each in credited
    ]

    assert [each.lines for each in allocate_in_sql(without)] == [each.lines for _, each in credited]


@few
@given(pairs=drawn.pairs, preset=st.sampled_from(["linear", "u"]))
def test_widening_the_rungs_never_lowers_what_is_attributed(pairs: Pairs, preset: str) -> None:
    changes: dict[str, Any] = {"family": "positions", "parameters": {"preset": preset}}
    narrow = [(replace(rule, rungs=(1, 2), **changes), case) for rule, case in pairs]
    wide = [(replace(rule, rungs=(1, 2, 3, 4, 5, 6), **changes), case) for rule, case in pairs]

    lost = [
        (before, after) for before, after in zip(_attributed(narrow), _attributed(wide), strict=True) if after < before
    ]
    assert lost == []


def _attributed(pairs: Sequence[tuple[Rule, Case]]) -> list[int]:
    return [
        sum(line.credit_micros for line in each.lines if line.touch_id is not None) for each in allocate_in_sql(pairs)
    ]


@few
@given(pairs=drawn.pairs, days=st.integers(-400, 400))
def test_decay_does_not_depend_on_when_it_all_happened(pairs: Pairs, days: int) -> None:
    decaying: dict[str, Any] = {"family": "time_decay", "parameters": {"half_life_hours": 168}, "anchor": "closed"}
    before = [(replace(rule, **decaying), case) for rule, case in pairs]
    after = [(rule, _shifted(case, days * DAY)) for rule, case in before]

    assert [each.lines for each in allocate_in_sql(after)] == [each.lines for each in allocate_in_sql(before)]


def _shifted(case: Case, by: dt.timedelta) -> Case:
    return replace(
        case,
        as_of=case.as_of + by,
        opened_at=case.opened_at + by,
        closed_at=case.closed_at and case.closed_at + by,
        restart_at=case.restart_at and case.restart_at + by,
        touches=tuple(replace(touch, occurred_at=touch.occurred_at + by) for touch in case.touches),
    )


@settings(max_examples=40, deadline=None)
@given(
    total=st.integers(-(10**14), 10**14),
    weights=st.lists(st.integers(1, 10**9), min_size=1, max_size=9),
    scale=st.sampled_from([1, 10**24]),
)
def test_rounding_is_the_same_in_numeric_and_in_whole_numbers(total: int, weights: list[int], scale: int) -> None:
    scaled = [weight * scale for weight in weights]

    assert split_in_sql(total, scaled) == split_in_python(total, weights)


@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        ("positions", {"preset": "linear"}),
        ("positions", {"preset": "full_path"}),
        ("time_decay", {"half_life_hours": 720}),
    ],
)
def test_ten_thousand_touches_on_one_deal_make_one_set(family: str, parameters: dict[str, Any]) -> None:
    touches = tuple(
        Touch(touch_id=n, encounter_id=n, activity_id=n, occurred_at=START + n * dt.timedelta(minutes=4), hint_milli=9)
        for n in range(1, 10_001)
    )
    rule = Rule(family=family, parameters=parameters, use_hint=True)
    case = _won(touches=touches, amount=Decimal("123456789.01"))

    (found,) = allocate_in_sql([(rule, case)])

    assert len(found.lines) == 10_000
    assert [found] == allocate_in_python([(rule, case)])


def test_the_session_time_zone_changes_nothing() -> None:
    touch = Touch(touch_id=1, encounter_id=1, activity_id=1, occurred_at=START)
    rule = replace(LINEAR, window_days=90, parameters={"preset": "w"})
    case = _won(touches=(touch,), opened_at=dt.datetime(2026, 4, 1, tzinfo=dt.UTC), lead_at=START)
    before = _fingerprint(rule, case)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'America/New_York'")

    assert _fingerprint(rule, case) == before
    (found,), (expected,) = allocate_in_sql([(rule, case)]), allocate_in_python([(rule, case)])
    assert (found.path, found.milestones, found.lines) == (expected.path, expected.milestones, expected.lines)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal("100.01")},
        {"currency": "EUR", "rate": Decimal("1.1"), "rate_on": dt.date(2026, 1, 1)},
        {"kind": "expansion"},
        {"outcome": "lost"},
        {"opened_at": START + DAY},
        {"closed_at": START + 31 * DAY},
        {"lead_at": START},
        {"restart_at": START - 90 * DAY},
        {"touches": ()},
    ],
)
def test_the_fingerprint_moves_with_every_resolved_input(change: dict[str, Any]) -> None:
    touch = Touch(touch_id=1, encounter_id=1, activity_id=1, occurred_at=START + DAY)
    case = _won(touches=(touch,))

    assert _fingerprint(LINEAR, replace(case, **change)) != _fingerprint(LINEAR, case)


def test_the_fingerprint_stays_while_only_time_passes() -> None:
    touches = (
        Touch(touch_id=1, encounter_id=1, activity_id=1, occurred_at=START + DAY),
        Touch(touch_id=2, encounter_id=2, activity_id=2, occurred_at=START + 60 * DAY),
    )
    case = _won(touches=touches, outcome="open", closed_at=None, as_of=START + 50 * DAY)

    assert _fingerprint(LINEAR, replace(case, as_of=START + 59 * DAY)) == _fingerprint(LINEAR, case)
    assert _fingerprint(LINEAR, replace(case, as_of=START + 60 * DAY)) != _fingerprint(LINEAR, case)


def test_the_fingerprint_of_a_closed_set_knows_only_model_and_reason() -> None:
    gone = _won(is_deleted=True)

    assert _fingerprint(LINEAR, gone) == _fingerprint(replace(LINEAR, version_id=8), replace(gone, amount=Decimal(7)))
    assert _fingerprint(LINEAR, gone) != _fingerprint(replace(LINEAR, model_id=4), gone)
    assert _fingerprint(LINEAR, gone) != _fingerprint(LINEAR, replace(gone, is_deleted=False, kind="other"))


def _won(**changes: Any) -> Case:
    plain = Case(
        as_of=START + 300 * DAY,
        opened_at=START,
        closed_at=START + 30 * DAY,
        outcome="won",
        amount=Decimal("100.00"),
        reporting_currency="USD",
    )
    return replace(plain, **changes)


def _fingerprint(rule: Rule, case: Case) -> UUID:
    with connection.cursor() as cursor:
        create_tables(cursor)
        empty_tables(cursor)
        load_rules(cursor, [rule])
        load_cases(cursor, [(rule.version_id, case)])
        allocate(cursor)
        cursor.execute("SELECT fingerprint FROM alloc_set")
        return cursor.fetchone()[0]
