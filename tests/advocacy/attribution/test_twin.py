"""The plain-Python allocator at places the vectors do not reach."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from advocacy.attribution.rules import Rule
from advocacy.attribution.twin import DECAY_SCALE, Case, Touch, allocate, decay, keep, split

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LINEAR = Rule(family="positions", parameters={"preset": "linear"})


def touch(number: int, day: float, **changes: Any) -> Touch:
    plain = Touch(touch_id=number, encounter_id=number, activity_id=number, occurred_at=START + day * DAY)
    return replace(plain, **changes)


def deal(*touches: Touch, **changes: Any) -> Case:
    plain = Case(
        as_of=START + 300 * DAY,
        opened_at=START,
        closed_at=START + 100 * DAY,
        outcome="won",
        amount=Decimal("100.00"),
        reporting_currency="USD",
        touches=touches,
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (0, [3, 1], [0, 0]),
        (10, [1, 2], [3, 7]),
        (1, [1, 10**40], [0, 1]),
    ],
)
def test_split_gives_whole_units_to_the_largest_remainders(total: int, weights: list[int], parts: list[int]) -> None:
    assert split(total, weights) == parts


def test_decay_halves_each_half_life() -> None:
    assert [decay(age, 10) for age in (0, 10, 20)] == [DECAY_SCALE, DECAY_SCALE / 2, DECAY_SCALE / 4]
    assert decay(10 * 81, 10) == 0


@pytest.mark.parametrize(
    ("dedupe", "kept"), [("none", [1, 2, 3, 4]), ("collapse", [1, 3, 4]), ("first", [1, 3]), ("last", [3, 4])]
)
def test_keep_applies_the_dedupe_rule(dedupe: str, kept: list[int]) -> None:
    assert keep(dedupe, ["a", "a", "b", "a"]) == kept


def test_touches_of_one_instant_are_ordered_by_activity_then_encounter() -> None:
    found = allocate(
        LINEAR,
        deal(
            touch(1, 5, activity_id=9, encounter_id=1),
            touch(2, 5, activity_id=8, encounter_id=3),
            touch(3, 5, activity_id=8, encounter_id=2),
        ),
    )

    assert found.path == (3, 2, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_deleted": True, "opened_at": START + 400 * DAY}, "deleted"),
        ({"opened_at": START + 400 * DAY, "kind": "renewal"}, "not_opened_yet"),
        ({"kind": "renewal"}, "kind_out_of_scope"),
        ({}, "milestone_not_reached"),
        ({"stages": {"demo": START + 301 * DAY}}, "milestone_not_reached"),
        ({"stages": {"demo": START + 300 * DAY}}, ""),
    ],
)
def test_the_first_reason_out_of_scope_is_given(change: dict[str, Any], reason: str) -> None:
    rule = replace(LINEAR, anchor="stage:demo", opportunity_kinds=("new_business",))

    found = allocate(rule, deal(touch(1, 5), **change))

    assert found.closed_reason == reason
    assert found.state == ("closed" if reason else "lines")


def test_withdrawn_is_said_before_everything_else() -> None:
    found = allocate(
        replace(LINEAR, rungs=(1,), sides=("peer",)),
        deal(touch(1, 400, void_reason="withdrawn", rung=6, side="own")),
    )

    assert found.rejected == ((1, 1),)
    assert found.lines[0].unattributed_reason == "no_eligible_touch"


def test_an_open_deal_stores_no_anchor_and_counts_up_to_as_of() -> None:
    case = deal(touch(1, 299), touch(2, 301), outcome="open", closed_at=None)

    found = allocate(LINEAR, case)

    assert found.anchor_at is None
    assert found.path == (1,)
    assert found.rejected == ((2, 7),)


def test_no_weight_when_the_only_weight_has_no_holder() -> None:
    rule = Rule(family="positions", parameters={"weights": {"lead": "1"}, "middle": "0"})

    found = allocate(rule, deal(touch(1, 5)))

    assert found.path == (1,)
    assert [line.unattributed_reason for line in found.lines] == ["no_weight"]
    assert found.milestones == {}


@pytest.mark.parametrize(
    ("amount", "currency", "basis", "flags"),
    [
        (None, "USD", 0, ("basis_missing",)),
        (Decimal("0.005"), "USD", 1, ("basis_rounded",)),
        (Decimal("-0.005"), "USD", -1, ("basis_rounded",)),
        (Decimal("1.5"), "JPY", 2, ("basis_rounded", "fx_missing")),
        (Decimal("1.2345"), "KWD", 1235, ("basis_rounded", "fx_missing")),
        (Decimal("1.23"), "XQQ", 123, ("fx_missing",)),
    ],
)
def test_basis_and_its_flags(amount: Decimal | None, currency: str, basis: int, flags: tuple[str, ...]) -> None:
    found = allocate(LINEAR, deal(touch(1, 5), amount=amount, currency=currency))

    assert (found.basis_minor, found.flags) == (basis, flags)


def test_moments_that_were_estimated_or_inverted_are_flagged() -> None:
    found = allocate(
        LINEAR,
        deal(opened_is_estimated=True, closed_is_estimated=True, closed_at=START - DAY),
    )

    assert found.flags == ("closed_estimated", "dates_inverted", "opened_estimated")
