from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from clg import wording

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("2610000"), "2.61\N{NO-BREAK SPACE}m"),
        (Decimal("2500000"), "2.5\N{NO-BREAK SPACE}m"),
        (Decimal("75900"), "75.9\N{NO-BREAK SPACE}k"),
        (Decimal("799500"), "800\N{NO-BREAK SPACE}k"),
        (Decimal("999999"), "1\N{NO-BREAK SPACE}m"),
        (Decimal("780.4"), "780"),
        (Decimal("0"), "0"),
        (Decimal("-1500000"), "−1.5\N{NO-BREAK SPACE}m"),
        (None, "—"),
    ],
)
def test_short_keeps_three_telling_digits(value, text):
    assert wording.short(value) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (18435052, "USD", "USD\N{NO-BREAK SPACE}184,350.52"),
        (1500, "JPY", "JPY\N{NO-BREAK SPACE}1,500"),
        (1500, "KWD", "KWD\N{NO-BREAK SPACE}1.500"),
        (-5, "EUR", "EUR\N{NO-BREAK SPACE}−0.05"),
        (None, "EUR", "—"),
    ],
)
def test_minor_units_read_as_money_of_their_currency(value, currency, text):
    assert wording.minor(value, currency) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "now"),
        (1 / 24 / 60, "in 1 minute"),
        (-40 / 24 / 60, "40 minutes ago"),
        (-3 / 24, "3 hours ago"),
        (-10 / 24, "yesterday"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (-3, "3 days ago"),
        (13, "in 13 days"),
        (-14, "2 weeks ago"),
        (-90, "3 months ago"),
        (-800, "2 years ago"),
    ],
)
def test_distance_says_how_far_off_a_moment_is(days, text):
    assert wording.distance(NOW + timedelta(days=days), NOW) == text


@pytest.mark.parametrize(("days", "text"), [(0, "today"), (-1, "yesterday"), (20, "in 2 weeks")])
def test_distance_of_days_knows_no_hours(days, text):
    assert wording.day_distance(NOW.date() + timedelta(days=days), NOW.date()) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(279, 1000, "27.9\N{NO-BREAK SPACE}%"), (1, 4, "25\N{NO-BREAK SPACE}%"), (0, 0, "—")],
)
def test_share_of_nothing_is_unknown(part, whole, text):
    assert wording.share(part, whole) == text


@pytest.mark.parametrize(
    ("value", "text"), [("4.5000", "4.5"), ("100.0000", "100"), ("0.0000", "0"), ("1234.25", "1,234.25")]
)
def test_plain_keeps_the_digits_it_needs(value, text):
    assert wording.plain(Decimal(value)) == text


@pytest.mark.parametrize(("value", "text"), [("4.2", "+4.2"), ("-1.3", "−1.3"), ("0", "0.0")])
def test_signed(value, text):
    assert wording.signed(Decimal(value)) == text


def test_days_and_counts():
    assert wording.day(date(2026, 3, 8)) == "8 Mar 2026"
    assert wording.moment(NOW) == "16 Nov 2026, 09:00 UTC"
    assert wording.count(1, "touch", "touches") == "1 touch"
    assert wording.count(1200, "deal") == "1,200 deals"
