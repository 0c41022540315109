"""Deletes that name a winner: merges in the words of an item, beside the other items of a batch. `crm-sync` 5."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.choices import IdentityState
from accounts.models import Account, Contact, ExternalIdentity, MergeEvent
from accounts.sync.clocks import clock_of_moment
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, CONTACT
from clg.models import OutboxEvent, SecurityLog
from tests.accounts.sync.test_engine_redirects import AT, item, send
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db


def away(name, winner, second=10, **more):
    return item(name, second, op="delete", merged_into_external_id=winner, **more)


@pytest.fixture
def source():
    """A source with two accounts; the second has a person."""
    source = SourceFactory()
    send(source, item("W", 5, {"name": "Winner"}), item("L", 6, {"name": "Loser"}))
    send(source, {**item("c", 6, {"last_name": "Ada"}), "relations": {"account": {"external_id": "L"}}}, of=CONTACT)
    return source


def test_delete_with_a_winner_is_a_merge(source):
    OutboxEvent.objects.all().delete()

    [result] = send(source, away("L", "W", trace_id="row-3"))

    winner, event = Account.objects.live().get(), MergeEvent.objects.get()
    assert (result.outcome, result.applied, result.merged_into) == ("redirected", True, "W")
    assert (result.public_id, result.version, result.complete) == (winner.public_id, winner.version, True)
    assert (Contact.objects.get().account, winner.name) == (winner, "Winner")
    assert (event.reason, event.clock) == ("crm_merge", list(clock_of_moment(clock(10), at=AT)))
    assert SecurityLog.objects.get().event == "account.merged"
    # The loser has no entry of its own in the feed: the one of the winner says it all.
    told = OutboxEvent.objects.filter(object_type="account").values_list("type", "object_id", "trace_id")
    assert list(told) == [("account.merged", winner.public_id, "row-3")]


def clock(second):
    return dt.datetime(2026, 1, 1, 0, 0, second, tzinfo=dt.UTC)


def test_the_same_again_is_redirected_and_does_nothing(source):
    send(source, away("L", "W"))

    [again] = send(source, away("L", "W"))

    assert (again.outcome, again.applied, MergeEvent.objects.count()) == ("redirected", False, 1)


def test_winner_and_loser_may_come_in_one_batch_in_any_order(source):
    results = send(source, away("M", "N", 3), item("N", 2, {"name": "New"}), away("never seen", "N"))

    assert [(each.outcome, each.merged_into) for each in results] == [
        ("redirected", "N"),
        ("created", ""),
        ("redirected", "N"),
    ]
    assert ExternalIdentity.objects.filter(canonical__external_id="N", state=IdentityState.MERGED).count() == 2


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (away("L", "nobody"), "unknown_external_id"),
        (away("L", "L"), "merge_cycle"),
        (away("L", " "), "invalid_external_id"),
        (away("L", 7), "invalid_type"),
        ({**away("L", "W"), "op": "upsert"}, "merge_needs_delete"),
    ],
)
def test_a_bad_merge_fails_alone_and_changes_nothing(source, bad, code):
    failed, good = send(source, bad, item("X", 7, {"name": "Good"}))

    assert [(error.code, error.pointer) for error in failed.errors] == [(code, "/merged_into_external_id")]
    assert (failed.outcome, good.outcome, MergeEvent.objects.count()) == ("failed", "created", 0)
    assert Account.objects.live().count() == 3


def test_null_is_a_plain_delete(source):
    [result] = send(source, away("L", None))

    assert (result.outcome, MergeEvent.objects.count()) == ("deleted", 0)


def test_circle_of_merges_in_a_batch_is_refused_where_it_closes(source):
    first, second = send(source, away("L", "W"), away("W", "L"))

    assert (first.outcome, second.outcome, second.errors[0].code) == ("redirected", "failed", "merge_cycle")
    assert Account.objects.live().count() == 1


def test_all_or_none_keeps_merges_out(source):
    items = [away("L", "W"), item("X", 7, {"nonsense": 1})]

    results = upsert(source=source, of=ACCOUNT, raw_items=items, at=AT, all_or_none=True)

    assert [each.outcome for each in results] == ["rolled_back", "failed"]
    assert MergeEvent.objects.count() == 0


def test_suppressed_loser_stays_suppressed(source):
    ExternalIdentity.objects.create(source=source, object_type="account", external_id="S", state="suppressed")

    [result] = send(source, away("S", "W"))

    assert (result.outcome, result.public_id, MergeEvent.objects.count()) == ("suppressed", None, 0)
