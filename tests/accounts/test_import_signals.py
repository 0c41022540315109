"""Importing files of signals as other systems write them."""

from __future__ import annotations

import csv
import datetime as dt
import json
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import ExternalIdentity, Signal
from accounts.signal_counts import Counting, Stretch, mondays
from accounts.signal_files import Layout
from accounts.signal_files import moment as read_moment
from tests.factories.accounts import AccountFactory, ContactFactory, SourceFactory

BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def crm(db):
    source = SourceFactory(slug="crm", time_zone="Europe/Berlin")
    for name in ("A-1", "A-2"):
        ExternalIdentity.objects.create(
            source=source, object_type="account", external_id=name, account=AccountFactory()
        )
    contact = ContactFactory(last_name="Silva", account=ExternalIdentity.objects.get(external_id="A-1").account)
    ExternalIdentity.objects.create(source=source, object_type="contact", external_id="C-1", contact=contact)
    return source


@pytest.fixture
def load(crm, tmp_path, monkeypatch):
    """Writes a file and imports it; answers the counts and the bad rows."""
    monkeypatch.chdir(tmp_path)

    def run(text, *options, encoding="utf-8-sig", name="answers"):
        path = tmp_path / f"{name}.csv"
        path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
        out = StringIO()
        call_command(
            "import_signals", str(path), "--source", "survey", "--account-source", "crm", "--json", *options, stdout=out
        )
        told = json.loads(out.getvalue())
        return told, _bad_rows(told.pop("results"))

    return run


def _bad_rows(path):
    if path is None:
        return []
    with open(path, newline="") as file:
        return [(int(row["line"]), row["column"], row["code"]) for row in csv.DictReader(file)]


def _counts(**changed):
    zero = dict.fromkeys(["rows", "created", "updated", "unchanged", "stale", "empty", "failed"], 0)
    return {**zero, **changed}


STRAIGHT = ["--columns", "external_id=id", "account=company", "raw=score", "observed_at=day", "--kind", "csat"]
STRAIGHT += ["--date-format", "%d-%m-%Y %H:%M", "%d-%m-%Y"]


def test_straight_file_is_stored_and_its_bad_rows_are_named(load):
    text = (
        "id,company,score,day,note\n"
        "t1,A-1,4,27-07-2023,\n"
        't2,A-2,5,28-07-2023 03:00,"two\nlines"\n'
        "t3,A-1,,29-07-2023,no answer\n"
        "t4,A-1,9,29-07-2023,\n"
        "t5,A-9,4,29-07-2023,\n"
        "t6,A-1,4,07/29/2023,\n"
        "t7,A-1,4,29-07-2023,\n"
        "t7,A-1,3,29-07-2023,\n"
    )

    told, bad = load(text, *STRAIGHT)

    assert told == _counts(rows=8, created=2, empty=1, failed=5)
    assert bad == [
        (6, "score", "raw_out_of_range"),
        (7, "company", "unknown_relation"),
        (8, "day", "invalid_datetime"),
        (9, "id", "duplicate_in_request"),
        (10, "id", "duplicate_in_request"),
    ]
    rows = Signal.objects.order_by("external_id").values_list("external_id", "raw", "observed_at", "source")
    assert list(rows) == [
        ("t1", Decimal(4), dt.datetime(2023, 7, 26, 22, tzinfo=dt.UTC), "survey"),
        ("t2", Decimal(5), dt.datetime(2023, 7, 28, 1, tzinfo=dt.UTC), "survey"),
    ]


def test_same_file_again_changes_nothing_and_a_changed_row_corrects(load):
    text = "id,company,score,day\nt1,A-1,4,27-07-2023\nt2,A-2,5,27-07-2023\n"
    load(text, *STRAIGHT)

    again, _ = load(text, *STRAIGHT)
    corrected, _ = load(text.replace("A-1,4", "A-1,3"), *STRAIGHT)

    assert again == _counts(rows=2, unchanged=2)
    assert corrected == _counts(rows=2, unchanged=1, updated=1)
    assert sorted(Signal.objects.filter(is_current=True).values_list("raw", flat=True)) == [3, 5]


def test_rows_without_an_id_are_named_by_their_content(load):
    text = "company,score,day\nA-1,4,27-07-2023\nA-1,4,27-07-2023\n"
    options = [option for option in STRAIGHT if option != "external_id=id"]

    first, again = load(text, *options)[0], load(text, *options)[0]

    assert (first, again) == (_counts(rows=2, created=2), _counts(rows=2, unchanged=2))


def test_older_clock_of_a_file_is_stale(load):
    options = ["--columns", "external_id=id", "account=company", "raw=score", "observed_at=day", "updated_at=changed"]
    options += ["--kind", "csat"]
    text = "id,company,score,day,changed\nt1,A-1,4,2023-07-27,{}\n"
    load(text.format("2023-08-02T00:00:00Z"), *options)

    told, _ = load(text.replace(",4,", ",5,").format("2023-08-01T00:00:00Z"), *options)

    assert told == _counts(rows=1, stale=1)


def test_kind_and_contact_may_stand_in_columns(load):
    options = ["--columns", "kind=what", "contact=who", "account=company", "raw=score", "observed_at=day"]
    text = "what;who;company;score;day\nnps;C-1;;9;2023-07-27\nhealth;;A-2;61.5;2023-07-27\nmood;;A-2;1;2023-07-27\n"

    told, bad = load(text, *options, "--delimiter", ";")

    assert told == _counts(rows=3, created=2, failed=1)
    assert bad == [(4, "what", "unknown_kind")]
    assert sorted(Signal.objects.values_list("kind", "contact__last_name")) == [("health", None), ("nps", "Silva")]


@pytest.mark.parametrize(
    ("formats", "text", "moment"),
    [
        (["iso"], "2023-07-27", "2023-07-26T22:00:00Z"),
        (["iso"], "2023-07-27T10:00:00+05:00", "2023-07-27T05:00:00Z"),
        (["dmy"], "7-8-2023", "2023-08-06T22:00:00Z"),
        (["dmy"], "27.07.2023 03:00", "2023-07-27T01:00:00Z"),
        (["mdy"], "7/8/2023 03:00:30", "2023-07-08T01:00:30Z"),
        (["mdy"], "27/07/2023", None),
        (["dmy"], "27-07-23", None),
        (["iso", "%d %b %Y"], "27 Jul 2023", "2023-07-26T22:00:00Z"),
        (["%d %b %Y"], "2023-07-27", None),
    ],
)
def test_dates_are_read_by_the_formats_given(formats, text, moment):
    found = read_moment(text, Layout({}, date_formats=formats, zone=ZoneInfo("Europe/Berlin")))

    assert (found and found.astimezone(dt.UTC)) == (moment and dt.datetime.fromisoformat(moment))


def test_other_encodings_are_read_when_named(load):
    text = "firma,wert,tag\nA-1,4,2023-07-27\n".replace("tag", "täg")
    options = ["--columns", "account=firma", "raw=wert", "observed_at=täg", "--kind", "csat"]

    assert load(text, *options, "--encoding", "cp1252", encoding="cp1252")[0] == _counts(rows=1, created=1)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("id,score\n1,2\n", STRAIGHT, "It has no column company, day; its columns are id, score"),
        ("", STRAIGHT, "It has no column"),
        ('id,company,score,day\n"1,A-1', STRAIGHT, "Line 2"),
        ("id,company,score,day\n1,A-1,4,27-07-2023\n2,A\0,4,27-07-2023\n", STRAIGHT, "Line 3 holds a NUL"),
        ("id\n", ["--columns", "raw=id", "--kind", "csat"], "name the column of observed_at"),
        ("id\n", ["--columns", "size=id", "--kind", "csat"], "no target size"),
        ("id\n", ["--columns", "raw=id", "observed_at=id", "account=id"], "name the column of kind"),
        ("id\n", [*STRAIGHT, "--time-zone", "Mars/Olympus"], "no zone Mars/Olympus"),
        ("id\n", [*STRAIGHT, "--each", "week"], "how long a row counts"),
    ],
)
def test_unreadable_files_and_wrong_options_say_why(load, text, options, message):
    with pytest.raises(CommandError, match=message):
        load(text, *options)

    assert not Signal.objects.exists()


def test_wrong_encoding_is_said(load):
    with pytest.raises(CommandError, match="It is not utf-8-sig from byte"):
        load("id,company,score,day\n1,Ä-1,4,27-07-2023\n", *STRAIGHT, encoding="cp1252")


TICKETS = "company,priority,opened,closed\n{}"
COUNTING = ["--columns", "account=company", "raw=priority", "observed_at=opened", "until=closed", "--kind", "support"]
COUNTING += ["--values", "urgent=6", "high=3", "medium=1", "low=0"]


def test_open_tickets_are_summed_every_monday(load):
    rows = "A-1,urgent,2024-01-03,2024-01-16\nA-1,medium,2024-01-09,2024-01-10\nA-2,high,2024-01-10,\n"

    told, _ = load(TICKETS.format(rows), *COUNTING, "--each", "week", "--time-zone", "UTC", name="tickets")

    assert told == _counts(rows=3, created=3)
    stored = Signal.objects.order_by("observed_at", "id").values_list("observed_at__date", "raw", "value")
    assert list(stored) == [
        (dt.date(2024, 1, 8), 6, 40),
        (dt.date(2024, 1, 15), 6, 40),
        (dt.date(2024, 1, 15), 3, 70),
    ]


def test_load_that_has_gone_is_told_as_zero_and_a_second_import_corrects(load):
    rows = "A-1,urgent,2024-01-03,{}\n"
    options = [*COUNTING, "--on", "2024-01-08", "2024-01-15", "--time-zone", "UTC"]
    load(TICKETS.format(rows.format("")), *options)

    told, _ = load(TICKETS.format(rows.format("2024-01-10")), *options)

    assert told == _counts(rows=1, unchanged=1, updated=1)
    current = Signal.objects.filter(is_current=True).order_by("observed_at").values_list("raw", flat=True)
    assert list(current) == [6, 0]


def test_every_bad_row_of_a_counted_file_is_named(load):
    rows = "A-1,urgent,2024-01-03,\nA-9,high,2024-01-03,\nA-9,high,2024-01-04,\nA-1,soon,2024-01-03,\nA-1,low,x,y\n"

    told, bad = load(TICKETS.format(rows), *COUNTING, "--on", "2024-01-08")

    assert told == _counts(rows=5, created=1, failed=4)
    assert bad == [
        (3, "company", "unknown_relation"),
        (4, "company", "unknown_relation"),
        (5, "priority", "invalid_number"),
        (6, "opened", "invalid_datetime"),
        (6, "closed", "invalid_datetime"),
    ]


def test_share_of_things_used_comes_through_a_look_up(load, tmp_path):
    (tmp_path / "contracts.csv").write_text("contract,company\nS-1,A-1\nS-2,A-1\n")
    text = "contract,feature,day\nS-1,a,2024-01-03\nS-2,b,2024-01-04\nS-2,b,2024-01-05\nS-3,c,2024-01-05\n"

    told, bad = load(
        text,
        *["--columns", "account=contract", "distinct=feature", "observed_at=day", "--kind", "adoption"],
        *["--lookup", f"{tmp_path}/contracts.csv:contract=company", "--count-for", "28", "--of", "3"],
        *["--on", "2024-01-08", "--time-zone", "UTC"],
    )

    assert told == _counts(rows=4, created=1, failed=1)
    assert bad == [(5, "contract", "unknown_relation")]
    assert Signal.objects.get().raw == Decimal("66.6667")


days = st.integers(0, 60).map(lambda number: BEGIN + dt.timedelta(hours=7 * number))
stretches = st.lists(
    st.builds(
        Stretch,
        subject=st.sampled_from([("A", ""), ("B", ""), ("B", "x")]),
        since=days,
        until=st.one_of(st.none(), days),
        amount=st.integers(0, 6).map(Decimal),
        thing=st.sampled_from("abc"),
    ),
    max_size=12,
)


@given(stretches=stretches, moments=st.lists(days, max_size=6, unique=True).map(sorted), of=st.sampled_from([None, 3]))
def test_counts_equal_a_slow_sum(stretches, moments, of):
    counting = Counting(moments, of)
    for stretch in stretches:
        counting.add(stretch)

    counted = {(count.subject, count.at): count.raw for count in counting.counts()}

    assert counted == {
        (subject, at): _slow_sum([row for row in stretches if row.subject == subject], at, of)
        for subject in {row.subject for row in stretches}
        for at in moments
        if any(row.since <= at for row in stretches if row.subject == subject)
    }


def _slow_sum(rows, at, of):
    counting = [row for row in rows if row.since <= at and (row.until is None or at < row.until)]
    if of is None:
        return sum((row.amount for row in counting), Decimal(0))
    return (Decimal(100) * len({row.thing for row in counting}) / of).quantize(Decimal("0.0001"))


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2024-01-03", "2024-01-15", ["2024-01-08", "2024-01-15"]),
        ("2024-01-01", "2024-01-08", ["2024-01-08"]),
        ("2024-01-03", "2024-01-07", []),
    ],
)
def test_mondays_between(first, last, days):
    moments = [dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in (first, last)]

    assert [monday.date().isoformat() for monday in mondays(*moments)] == days
