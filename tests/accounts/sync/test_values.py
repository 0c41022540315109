"""Checks of single values and clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from accounts.sync import forms, values
from accounts.sync.clocks import clock_of_moment, clock_of_version
from accounts.sync.forms import FileOptions
from accounts.sync.objects import ACCOUNT, CONTACT, OBJECTS, OPPORTUNITY
from accounts.sync.values import BadValue

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
FIELDS = {field.name: field for of in (ACCOUNT, CONTACT, OPPORTUNITY) for field in of.fields}


@pytest.mark.parametrize(
    ("name", "sent", "stored"),
    [
        ("name", "  Acme  ", "Acme"),
        ("name", "Cafe\u0301", "Café"),
        ("name", "<script>", "<script>"),
        ("website", "HTTPS://Acme.example/x", "HTTPS://Acme.example/x"),
        ("domain", "WWW.Acme.Example.", "acme.example"),
        ("country", "de", "DE"),
        ("email", " a@b.co ", "a@b.co"),
        ("language", "pt-BR", "pt-BR"),
        ("currency", "eur", "EUR"),
    ],
)
def test_value_is_stored(name, sent, stored):
    assert values.CHECKS[FIELDS[name].kind](sent, FIELDS[name]) == stored


@pytest.mark.parametrize(
    ("name", "sent", "code"),
    [
        ("name", "x" * 256, "too_long"),
        ("name", "a\x00b", "invalid_text"),
        ("name", "\ud800", "invalid_text"),
        ("website", "ftp://acme.example", "invalid_url"),
        ("website", "http://", "invalid_url"),
        ("domain", "acme", "invalid_domain"),
        ("country", "XX", "invalid_country"),
        ("email", "a@b", "invalid_email"),
        ("language", "english language", "invalid_language"),
        ("currency", "ABC", "invalid_currency"),
        ("lifecycle", "lead", "invalid_choice"),
        ("employees", 10_000_001, "out_of_range"),
        ("amount", "1e5", "invalid_decimal"),
        ("amount", "123456789012345", "out_of_range"),
        ("amount", "0.1234567", "out_of_range"),
    ],
)
def test_value_is_refused(name, sent, code):
    with pytest.raises(BadValue) as refusal:
        values.CHECKS[FIELDS[name].kind](sent, FIELDS[name])

    assert refusal.value.code == code


def test_salesforce_id_is_completed_and_its_case_watched():
    complete = values.external_id("001A0000006Vm9r", is_salesforce=True)

    assert complete == "001A0000006Vm9rIAC"
    assert values.external_id(complete, is_salesforce=True) == complete
    assert values.external_id("001A0000006Vm9r", is_salesforce=False) == "001A0000006Vm9r"
    with pytest.raises(BadValue, match="case"):
        values.external_id(complete.lower(), is_salesforce=True)


@pytest.mark.parametrize("name", ["", "x" * 256, " a", "a\n", "a\x7fb"])
def test_external_id_is_refused(name):
    with pytest.raises(BadValue):
        values.external_id(name, is_salesforce=False)


def test_plain_day_of_a_deal_means_its_last_microsecond_in_the_zone():
    assert values.end_of_day(dt.date(2026, 3, 29), ZoneInfo("Europe/Berlin")) == dt.datetime(
        2026, 3, 29, 21, 59, 59, 999_999, tzinfo=dt.UTC
    )


def test_clocks_order_by_parts_and_by_microseconds():
    assert clock_of_version("7.10") > clock_of_version("7.9") > clock_of_version("7")
    assert clock_of_moment(dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC), at=AT) == (1_000_000, 0)


@pytest.mark.parametrize("version", ["", "1.2.3", "-1", "9223372036854775808", "1.x"])
def test_version_is_refused(version):
    with pytest.raises(BadValue):
        clock_of_version(version)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-12-30 3:15:52", "2020-12-30T03:15:52Z"),
        ("2023-11-11 08:18:16.519000 UTC", "2023-11-11T08:18:16.519000Z"),
        ("2020-12-22T21:16:01.000+0000", "2020-12-22T21:16:01Z"),
        ("2020-12-22T23:16:01+02:00", "2020-12-22T21:16:01Z"),
        ("2020-12-22", "2020-12-22T00:00:00Z"),
    ],
)
def test_moment_of_a_file_is_read(text, moment):
    assert forms.moment(text, FileOptions()) == moment


@pytest.mark.parametrize(
    ("text", "options", "day"),
    [
        ("16-10-2024", FileOptions(date_format="dmy"), "2024-10-16"),
        ("10/16/2024", FileOptions(date_format="mdy"), "2024-10-16"),
        ("2024-10-16", FileOptions(date_format="dmy"), "2024-10-16"),
    ],
)
def test_day_of_a_file_is_read(text, options, day):
    assert forms.day(text, options) == day


def test_numbers_of_a_file_are_read():
    assert forms.decimal("$1,234.50", FileOptions()) == "1234.50"
    assert forms.decimal("1.234,50 €", FileOptions(decimal=",")) == "1234.50"
    assert forms.decimal("(12)", FileOptions()) == "-12"
    assert forms.integer("1,234") == 1234


@pytest.mark.parametrize(("name", "code"), [("United States", "US"), ("germany", "DE"), ("gb", "GB"), ("Korea", "KR")])
def test_country_is_known_by_name(name, code):
    assert forms.country(name) == code


@pytest.mark.parametrize("noun", sorted(OBJECTS))
def test_places_are_given_once(noun):
    places = [place for _, place in OBJECTS[noun].named_places]

    assert len(set(places)) == len(places)
    assert min(places) == 1
