"""Merging rows and undoing it, end by end."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.actions.merge import merge_duplicates, merge_named, undo_merge
from accounts.errors import MergeCycle, MergeTypeMismatch, UnknownWinner
from accounts.hooks import merge_way_of
from accounts.models import Account, Contact, ExternalIdentity, MergeEvent, Opportunity, OpportunityContact, Signal
from accounts.sync.clocks import clock_of_moment
from accounts.sync.engine import upsert
from accounts.sync.keys import keys_to
from accounts.sync.objects import ACCOUNT, CONTACT, OPPORTUNITY
from accounts.sync.orders import MergeOrder
from accounts.sync.unmerging import MergedSince, MergeTooOld
from clg.models import OutboxEvent
from tests.factories.accounts import AccountFactory, ContactFactory, IdentityFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def second(number):
    return dt.datetime(2026, 1, 1, 0, 0, number, tzinfo=dt.UTC)


def item(name, number, fields=None, relations=None, **more):
    moment = f"2026-01-01T00:00:{number:02d}Z"
    return {
        "external_id": name,
        "source_updated_at": moment,
        "fields": fields or {},
        "relations": relations or {},
    } | more


@pytest.fixture
def source():
    return SourceFactory(rank=5, currency="USD")


def send(source, of, *items):
    return upsert(source=source, of=of, raw_items=items, at=AT)


def order(winner, *losers, at=10, result=""):
    return MergeOrder(winner, losers, clock_of_moment(second(at), at=AT), result)


def merge(source, *names, of=ACCOUNT, **options):
    return merge_named(source=source, of=of, order=order(*names, **options), at=AT)


def row_of(source, name, of=ACCOUNT):
    return of.model.objects.known_as(source, [name]).get()


def observe(account):
    return Signal.objects.create(account=account, kind="health", raw=50, value=50, observed_at=AT, source="success")


def counts():
    return [model.objects.count() for model in (Account, Contact, Opportunity, OpportunityContact, Signal)]


@pytest.mark.parametrize("of", [ACCOUNT, CONTACT, OPPORTUNITY])
def test_every_key_to_a_row_that_may_be_merged_is_declared(of):
    assert [name for name, _ in keys_to(of.model) if merge_way_of(name) is None] == []


def test_everything_of_the_losers_becomes_the_winners(source):
    send(source, ACCOUNT, item("W", 1, {"name": "Winner"}), item("L", 1, {"name": "Loser"}))
    send(source, ACCOUNT, item("S", 1, relations={"parent": {"external_id": "L"}}))
    send(source, CONTACT, item("C", 1, {"last_name": "Ada"}, {"account": {"external_id": "L"}}))
    send(source, OPPORTUNITY, item("D", 1, {"name": "Deal"}, {"account": {"external_id": "L"}}))
    winner, loser = row_of(source, "W"), row_of(source, "L")
    observe(loser)
    before = counts()

    merged = merge(source, "W", "L")

    assert merged.outcome == "merged"
    assert merged.moved == {"accounts": 1, "contacts": 1, "opportunities": 1, "signals": 1}
    assert row_of(source, "L") == winner
    assert Contact.objects.get().account == winner
    assert Opportunity.objects.get().account == winner
    assert Signal.objects.get().account == winner
    assert row_of(source, "S").parent == winner
    loser.refresh_from_db()
    assert (loser.is_deleted, Account.objects.get(pk=winner.pk).name, counts()) == (True, "Winner", before)
    assert list(OutboxEvent.objects.filter(type="account.merged").values_list("object_id", "version")) == [
        (winner.public_id, 2)
    ]


def test_a_merge_told_twice_is_unchanged(source):
    send(source, ACCOUNT, item("W", 1), item("L", 1))
    merge(source, "W", "L")

    again = merge(source, "W", "L")

    assert (again.outcome, again.event, MergeEvent.objects.count()) == ("unchanged", None, 1)


def test_an_unknown_loser_is_an_alias_at_once(source):
    send(source, ACCOUNT, item("W", 1, {"name": "Winner"}))

    merge(source, "W", "L")
    send(source, ACCOUNT, item("L", 5, {"name": "Older"}), item("W", 2, {"industry": "Steel"}))

    assert (Account.objects.get().name, row_of(source, "L")) == ("Winner", row_of(source, "W"))


def test_chains_are_shortened_and_the_latest_clock_of_the_way_holds(source):
    send(source, ACCOUNT, item("A", 1), item("B", 1), item("C", 1, {"name": "C"}))
    merge(source, "B", "A", at=20)
    merge(source, "C", "B", at=10)

    send(source, ACCOUNT, item("A", 15, {"name": "A at 15"}))
    send(source, ACCOUNT, item("B", 12, {"industry": "B at 12"}))

    names = ExternalIdentity.objects.filter(state="merged").values_list("external_id", "canonical__external_id")
    assert set(names) == {("A", "C"), ("B", "C")}
    account = row_of(source, "A")
    assert (account.name, account.industry) == ("C", "B at 12")


def test_what_a_loser_wrote_after_the_merge_goes_to_the_winner_by_its_clocks(source):
    send(source, ACCOUNT, item("W", 12, {"name": "W at 12", "industry": "W", "segment": "W"}))
    send(source, ACCOUNT, item("L", 8, {"segment": "L at 8"}))
    send(source, ACCOUNT, item("L", 11, {"name": "L at 11"}))
    send(source, ACCOUNT, item("L", 15, {"industry": "L at 15", "website": "https://l.example"}))

    merge(source, "W", "L", at=10)

    winner = row_of(source, "W")
    assert (winner.name, winner.industry, winner.segment, winner.domain) == ("W at 12", "L at 15", "W", "l.example")


def test_the_new_name_of_a_merged_record_stands_for_it(source):
    send(source, CONTACT, item("A", 1, {"email": "a@x.example"}), item("B", 1))

    merge(source, "A", "B", result="C", of=CONTACT)
    send(source, CONTACT, item("C", 20, {"email": "c@x.example"}))
    [old] = send(source, CONTACT, item("A", 21, op="delete"))

    contact = row_of(source, "A", CONTACT)
    assert (contact.email, contact.is_deleted, old.outcome, old.merged_into) == (
        "c@x.example",
        False,
        "redirected",
        "C",
    )
    assert row_of(source, "C", CONTACT) == row_of(source, "B", CONTACT) == contact


def test_the_new_name_may_have_been_written_first(source):
    send(source, CONTACT, item("A", 1, {"email": "a@x.example", "title": "Old"}), item("B", 1))
    send(source, CONTACT, item("C", 20, {"email": "c@x.example"}))

    merge(source, "A", "B", result="C", of=CONTACT)

    contact = row_of(source, "C", CONTACT)
    assert (contact.email, contact.title) == ("c@x.example", "Old")
    assert Contact.objects.live().count() == 1


def test_one_role_a_person_is_left_on_a_deal(source):
    send(source, CONTACT, item("A", 1), item("B", 1), item("C", 1))
    roles = [{"external_id": "A", "role": "Buyer"}, {"external_id": "B", "role": "User"}, {"external_id": "C"}]
    send(source, OPPORTUNITY, item("D", 1, {"name": "Deal"}, {"contacts": roles}))

    merged = merge(source, "B", "A", of=CONTACT)

    kept = OpportunityContact.objects.order_by("role").values_list("contact__identities__external_id", "role")
    assert list(kept) == [("C", ""), ("B", "Buyer")]
    assert undo_merge(event=merged.event, by=UserFactory(), at=AT)
    kept = OpportunityContact.objects.order_by("role").values_list("contact__identities__external_id", "role")
    assert list(kept) == [("C", ""), ("A", "Buyer"), ("B", "User")]


def test_a_winner_below_its_loser_is_cut_loose(source):
    send(source, ACCOUNT, item("L", 1, {"name": "Top"}))
    send(source, ACCOUNT, item("M", 1, relations={"parent": {"external_id": "L"}}))
    send(source, ACCOUNT, item("W", 1, relations={"parent": {"external_id": "M"}}))
    middle = row_of(source, "M")

    merged = merge(source, "W", "L")

    assert row_of(source, "W").parent is None
    assert row_of(source, "M").parent == row_of(source, "W")
    undo_merge(event=merged.event, by=UserFactory(), at=AT)
    assert row_of(source, "W").parent == middle
    assert row_of(source, "M").parent == row_of(source, "L")


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (("W", "W"), MergeCycle),
        (("X", "L"), UnknownWinner),
        (("P", "L"), MergeTypeMismatch),
        (("L", "W"), MergeCycle),
    ],
)
def test_refusals_change_nothing(source, names, error):
    send(source, ACCOUNT, item("W", 1), item("L", 1))
    send(source, CONTACT, item("P", 1))
    merge(source, "W", "L")
    before = list(ExternalIdentity.objects.order_by("pk").values())

    with pytest.raises(error):
        merge(source, *names)

    assert list(ExternalIdentity.objects.order_by("pk").values()) == before


def test_a_tombstone_wins_and_a_deleted_loser_is_merged(source):
    send(source, ACCOUNT, item("W", 5, op="delete"), item("L", 5, op="delete"))

    merge(source, "W", "L")
    send(source, ACCOUNT, item("W", 6, {"name": "Late"}))

    account = row_of(source, "L")
    assert (account.name, account.is_deleted) == ("Late", False)


def test_a_merge_by_staff_joins_what_sources_call_them(source):
    other = SourceFactory()
    send(source, ACCOUNT, item("W", 1, {"name": "Winner"}), item("L", 5, {"name": "Loser"}))
    loser = row_of(source, "L")
    IdentityFactory(source=other, external_id="O", account=loser, field_clocks=[1, 0, 1, 0])

    merge_duplicates(winner=row_of(source, "W"), losers=[loser], at=AT)
    send(source, ACCOUNT, item("L", 5, {"name": "Told before"}))
    send(source, ACCOUNT, item("L", 6, {"industry": "Told after"}))

    account = row_of(other, "O")
    assert (account, account.name, account.industry) == (row_of(source, "W"), "Winner", "Told after")


# --- Undo ----------------------------------------------------------------------------------------------------
def world():
    """Everything that a merge may change, but versions, moments of arrival, history and events."""
    models = (Account, Contact, Opportunity, OpportunityContact, Signal, ExternalIdentity)
    rows = {model: {row.pop("id"): row for row in model.objects.values()} for model in models}
    for found in rows.values():
        for row in found.values():
            row.pop("version", None)
            row.pop("received_at", None)
    return rows


@pytest.fixture
def merged_world(source):
    send(source, ACCOUNT, item("W", 1, {"name": "Winner", "website": "https://w.example"}))
    send(source, ACCOUNT, item("L", 15, {"name": "Loser", "website": "https://l.example"}), item("L2", 1))
    send(source, CONTACT, item("C", 1, {"last_name": "Ada"}, {"account": {"external_id": "L"}}))
    observe(row_of(source, "L"))
    before = world()
    merged = merge(source, "W", "L", "L2", "never seen")
    assert row_of(source, "W").domain == "l.example"
    return before, merged.event


def test_undo_gives_back_exactly_what_the_manifest_tells(source, merged_world):
    before, event = merged_world

    assert undo_merge(event=event, by=UserFactory(), at=AT)

    assert world() == before
    assert event.kept == {}
    assert OutboxEvent.objects.filter(type="account.restored").count() == 2


def test_a_second_undo_changes_nothing(source, merged_world):
    _, event = merged_world
    by = UserFactory()
    undo_merge(event=event, by=by, at=AT)
    after = world()

    assert not undo_merge(event=event, by=by, at=AT)

    assert world() == after


def test_undo_lists_what_was_changed_since(source, merged_world):
    _, event = merged_world
    elsewhere = AccountFactory()
    contact = Contact.objects.get()
    Contact.objects.update(account=elsewhere)
    send(source, ACCOUNT, item("W", 30, {"name": "Since"}))

    undo_merge(event=event, by=UserFactory(), at=AT)

    assert Contact.objects.get().account == elsewhere
    assert event.kept == {"accounts.Contact.account": {str(event.loser_ids[0]): [contact.pk]}}
    winner = row_of(source, "W")
    assert (winner.name, winner.domain) == ("Since", "w.example")


def test_undo_is_refused_after_30_days_and_below_a_later_merge(source, merged_world):
    _, event = merged_world
    by = UserFactory()
    with pytest.raises(MergeTooOld):
        undo_merge(event=event, by=by, at=AT + dt.timedelta(days=31))
    send(source, ACCOUNT, item("X", 1))
    later = merge(source, "X", "W")
    with pytest.raises(MergedSince):
        undo_merge(event=event, by=by, at=AT)

    undo_merge(event=later.event, by=by, at=AT)
    assert undo_merge(event=event, by=by, at=AT)


def test_contact_factory_rows_merge_without_names():
    winner, loser = ContactFactory(), ContactFactory()

    merged = merge_duplicates(winner=winner, losers=[loser], at=AT)

    assert (merged.outcome, Contact.objects.live().get()) == ("merged", winner)
