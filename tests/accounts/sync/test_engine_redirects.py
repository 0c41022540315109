"""Writes to names that were merged away: newer ones go to the winner by its clocks, older ones nowhere."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.choices import IdentityState
from accounts.models import Account, ExternalIdentity
from accounts.sync.clocks import clock_of_moment
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, CONTACT
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def item(name, second, fields=None, **more):
    return {"external_id": name, "source_updated_at": f"2026-01-01T00:00:{second:02d}Z", "fields": fields or {}, **more}


def send(source, *items, of=ACCOUNT):
    return upsert(source=source, of=of, raw_items=items, at=AT)


@pytest.fixture
def source():
    """A source whose account `W` of second 5 took `L` at second 10."""
    source = SourceFactory()
    send(source, item("W", 5, {"name": "Winner", "industry": "Steel"}))
    winner = ExternalIdentity.objects.get(source=source, external_id="W")
    ExternalIdentity.objects.create(
        source=source,
        object_type="account",
        external_id="L",
        state=IdentityState.MERGED,
        canonical=winner,
        merged_clock=clock_of_moment(dt.datetime(2026, 1, 1, 0, 0, 10, tzinfo=dt.UTC), at=AT),
    )
    return source


def test_write_newer_than_the_merge_goes_to_the_winner(source):
    [result] = send(source, item("L", 11, {"name": "Newer"}))

    account = Account.objects.get()
    assert (result.outcome, result.applied, result.merged_into) == ("redirected", True, "W")
    assert (result.public_id, result.version, result.applied_fields) == (account.public_id, 2, ("name",))
    assert (account.name, account.industry) == ("Newer", "Steel")


@pytest.mark.parametrize(("second", "op"), [(10, "upsert"), (9, "upsert"), (11, "delete"), (11, "update_only")])
def test_what_a_write_to_a_merged_name_may_do(source, second, op):
    [result] = send(source, item("L", second, {} if op == "delete" else {"name": "Newer"}, op=op))

    applied = op == "update_only"
    account = Account.objects.get()
    assert (result.outcome, result.applied, result.merged_into) == ("redirected", applied, "W")
    assert (account.name == "Newer", account.version, account.deleted_at) == (applied, 1 + applied, None)


def test_the_winners_own_clocks_decide(source):
    send(source, item("W", 20, {"name": "Latest"}))

    [result] = send(source, item("L", 15, {"name": "Newer", "industry": "Iron"}))

    account = Account.objects.get()
    assert (result.applied_fields, result.stale_fields) == (("industry",), ("name",))
    assert (account.name, account.industry) == ("Latest", "Iron")


def test_a_write_to_a_merged_name_raises_no_deleted_winner(source):
    send(source, item("W", 12, op="delete"))

    [result] = send(source, item("L", 15, {"name": "Newer"}))

    account = Account.objects.get()
    assert (result.outcome, account.name, account.is_deleted) == ("redirected", "Newer", True)


def test_two_names_of_one_row_in_one_batch_end_by_their_clocks(source):
    results = send(source, item("L", 30, {"name": "Of L"}), item("W", 20, {"name": "Of W", "industry": "Iron"}))

    account = Account.objects.get()
    assert [result.outcome for result in results] == ["redirected", "updated"]
    assert (account.name, account.industry) == ("Of L", "Iron")


def test_relation_to_a_merged_name_is_to_the_winner(source):
    send(source, item("C", 1, relations={"account": {"external_id": "L"}}), of=CONTACT)

    assert Account.objects.get().contacts.count() == 1


def test_a_write_to_an_alias_without_clock_is_not_applied(source):
    ExternalIdentity.objects.filter(external_id="L").update(merged_clock=None)

    [result] = send(source, item("L", 30, {"name": "Newer"}))

    assert (result.outcome, result.applied, Account.objects.get().name) == ("redirected", False, "Winner")
