"""From raw to value, and every refusal of section 13."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from accounts.choices import SIGNAL_KINDS
from accounts.signals import Fact, read_fact, value_of

AT = dt.datetime(2026, 6, 17, 13, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("relationship", "1", "0.00"),
        ("relationship", "4.5", "87.50"),
        ("relationship", "5", "100.00"),
        ("nps", "0", "0.00"),
        ("nps", "6", "30.00"),
        ("nps", "7", "55.00"),
        ("nps", "8", "70.00"),
        ("nps", "9", "90.00"),
        ("nps", "10", "100.00"),
        ("health", "66.666", "66.67"),
        ("health", "66.665", "66.67"),
        ("success_plan", "66.664", "66.66"),
        ("usage", "80", "100.00"),
        ("usage", "200", "100.00"),
        ("usage", "10.02", "12.53"),
        ("adoption", "12.345", "12.35"),
        ("sentiment", "-1", "0.00"),
        ("sentiment", "0.1234", "56.17"),
        ("sentiment", "-0.0001", "50.00"),
        ("support", "0", "100.00"),
        ("support", "7", "30.00"),
        ("support", "1000", "0.00"),
        ("executive_review", "3", "50.00"),
        ("usage_trend", "-100", "0.00"),
        ("usage_trend", "12.5", "75.00"),
        ("usage_trend", "1000", "100.00"),
        ("csat", "3", "50.00"),
        ("tenure", "1", "4.17"),
        ("tenure", "25", "100.00"),
        ("community", "4", "80.00"),
        ("escalation", "0", "0.00"),
        ("escalation", "3", "100.00"),
        ("risk", "1", "50.00"),
        ("risk", "2", "100.00"),
    ],
)
def test_value_of_raw(kind, raw, value):
    assert str(value_of(kind, Decimal(raw))) == value


@pytest.mark.parametrize("kind", [kind for kind, known in SIGNAL_KINDS.items() if not known.derived])
def test_both_ends_of_a_range_are_in_it_and_the_steps_beyond_are_not(kind):
    known = SIGNAL_KINDS[kind]

    inside = [read_fact(kind, end, AT, at=AT) for end in (known.low, known.high)]
    outside = [read_fact(kind, end, AT, at=AT) for end in (known.low - 1, known.high + 1)]

    assert all(isinstance(fact, Fact) and 0 <= fact.value <= 100 for fact in inside)
    assert [error.code for errors in outside for error in errors] == ["raw_out_of_range", "raw_out_of_range"]
    assert f"between {known.low} and {known.high}" in outside[0][0].detail


@pytest.mark.parametrize(
    ("kind", "raw", "code"),
    [
        ("mood", 5, "unknown_kind"),
        ("tenure", 5, "derived_kind"),
        ("nps", "8.5", "not_whole"),
        ("risk", "1.5", "not_whole"),
        ("nps", 11, "raw_out_of_range"),
        ("nps", "NaN", "invalid_number"),
        ("nps", float("nan"), "invalid_number"),
        ("nps", float("inf"), "invalid_number"),
        ("nps", "-Infinity", "invalid_number"),
        ("nps", True, "invalid_number"),
        ("nps", None, "invalid_number"),
        ("nps", "", "invalid_number"),
        ("nps", "ten", "invalid_number"),
        ("health", "1_0", "invalid_number"),
        ("health", "9" * 41, "invalid_number"),
        ("health", "1e400", "raw_out_of_range"),
        ("health", [5], "invalid_number"),
    ],
)
def test_raw_is_refused(kind, raw, code):
    (error,) = read_fact(kind, raw, AT, at=AT)

    assert error.code == code


@pytest.mark.parametrize(
    ("observed_at", "code"),
    [
        (AT + dt.timedelta(minutes=10, microseconds=1), "observed_in_future"),
        (dt.datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC), "observed_too_old"),
        ("2026-06-17", "invalid_datetime"),
        ("2026-06-17T13:30:00", "invalid_datetime"),
        ("yesterday", "invalid_datetime"),
        ("0001-01-01T00:00:00+14:00", "invalid_datetime"),
        (None, "invalid_datetime"),
        (1781703000, "invalid_datetime"),
    ],
)
def test_moment_is_refused(observed_at, code):
    (error,) = read_fact("nps", 9, observed_at, at=AT)

    assert (error.code, error.pointer) == (code, "/fields/observed_at")


@pytest.mark.parametrize(
    "observed_at", [AT + dt.timedelta(minutes=10), dt.datetime(2000, 1, 1, tzinfo=dt.UTC), "2026-06-17T15:30:00+02:00"]
)
def test_moment_on_the_edge_is_taken(observed_at):
    assert isinstance(read_fact("nps", 9, observed_at, at=AT), Fact)


def test_every_error_of_an_item_is_named_at_once():
    errors = read_fact("nps", 11, "yesterday", at=AT)

    assert [error.code for error in errors] == ["raw_out_of_range", "invalid_datetime"]
