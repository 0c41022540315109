"""Files for spreadsheets: text never becomes a formula, numbers and dates stay what they are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from clg.exports import csv_file


def lines(*rows):
    return csv_file(["Head"], [[row] for row in rows]).decode("utf-8-sig").split("\r\n")[1:-1]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t"])
def test_text_that_could_run_gets_an_apostrophe(sign):
    (written,) = lines(f"{sign}1+1")

    assert written.strip('"') == f"'{sign}1+1"


def test_negative_number_in_words_is_text_and_as_a_number_a_number():
    assert lines("-5", -5, Decimal("-5.10")) == ["'-5", "-5", "-5.10"]


def test_dates_are_iso_and_unknown_is_empty():
    moment = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

    assert lines(dt.date(2026, 3, 1), moment, None) == ["2026-03-01", "2026-03-01T12:00:00+00:00", '""']


def test_line_breaks_stay_inside_their_cell():
    assert csv_file(["A"], [["one\r\ntwo"]]).decode("utf-8-sig") == 'A\r\n"one\r\ntwo"\r\n'
