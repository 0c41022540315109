"""The match ladder, its window, its sides, and that only differences are written."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import OpportunityContact
from advocacy.attribution.match import match_now
from advocacy.choices import Cause
from advocacy.models import AttributionDirty, Touch
from tests.advocacy.attribution.tenant import AT, act, day, deal, meet, touches_of
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer():
    return AccountFactory(domain="buyer.example")


def test_explicit_touches_only_the_named_deal(buyer):
    named, other = deal(account=buyer), deal(account=buyer)

    encounter = meet(opportunity=named)

    assert touches_of(encounter) == {named.pk: (1, "peer")}
    assert other.pk not in touches_of(encounter)


def test_given_rung_stands(buyer):
    named = deal(account=buyer)

    assert touches_of(meet(opportunity=named, given_rung=5)) == {named.pk: (5, "peer")}


def test_explicit_has_no_window(buyer):
    closed = deal(account=buyer, outcome="won", closed_at=day(10))

    assert touches_of(meet(20, opportunity=closed)) == {closed.pk: (1, "peer")}


def test_contact_role_hides_weaker_rungs(buyer):
    person = ContactFactory(account=buyer)
    with_role, without = deal(account=buyer), deal(account=buyer)
    OpportunityContact.objects.create(opportunity=with_role, contact=person)

    encounter = meet(buyer_contact=person)

    assert touches_of(encounter) == {with_role.pk: (2, "peer")}
    assert without.pk not in touches_of(encounter)


def test_contact_of_the_account_touches_all_its_deals(buyer):
    first, second, foreign = deal(account=buyer), deal(account=buyer), deal()

    encounter = meet(buyer_contact=ContactFactory(account=buyer))

    assert touches_of(encounter) == {first.pk: (3, "peer"), second.pk: (3, "peer")}
    assert foreign.pk not in touches_of(encounter)


def test_account_needs_no_contact(buyer):
    theirs = deal(account=buyer)

    assert touches_of(meet(buyer_account=buyer)) == {theirs.pk: (4, "peer")}


def test_domain_of_the_buyer(buyer):
    theirs = deal(account=buyer)

    assert touches_of(meet(buyer_domain="Buyer.Example")) == {theirs.pk: (5, "peer")}


def test_domain_of_the_contacts_address(buyer):
    theirs = deal(account=buyer)
    stranger = ContactFactory(account=None, email="New.Person@buyer.example")

    assert touches_of(meet(buyer_contact=stranger)) == {theirs.pk: (5, "peer")}


def test_free_mail_never_matches():
    deal(account=AccountFactory(domain="gmail.com"))
    stranger = ContactFactory(account=None, email="somebody@gmail.com")

    assert touches_of(meet(buyer_contact=stranger)) == {}


@pytest.mark.parametrize("direction", ["above", "below"])
def test_parent_reaches_up_and_down_but_not_across(direction):
    top = AccountFactory()
    middle = AccountFactory(parent=top)
    bottom, cousin = AccountFactory(parent=middle), AccountFactory(parent=top)
    deal(account=cousin)
    found = deal(account=top if direction == "above" else bottom)

    encounter = meet(buyer_account=bottom if direction == "above" else top)

    assert touches_of(encounter)[found.pk] == (6, "peer")
    assert len(touches_of(encounter)) == (1 if direction == "above" else 2)


def test_parents_in_a_circle_end():
    one = AccountFactory()
    two = AccountFactory(parent=one)
    one.parent = two
    one.save()
    found = deal(account=two)

    assert touches_of(meet(buyer_account=one)) == {found.pk: (6, "peer")}


@pytest.mark.parametrize(
    ("moment", "is_touched"),
    [
        (day(0) - dt.timedelta(days=730), True),
        (day(0) - dt.timedelta(days=730, microseconds=1), False),
        (day(30), True),
        (day(30) + dt.timedelta(microseconds=1), False),
    ],
)
def test_window_from_730_days_before_opening_to_the_close(buyer, moment, is_touched):
    closed = deal(account=buyer, outcome="lost", closed_at=day(30))

    encounter = meet(occurred_at=moment, buyer_account=buyer)

    assert (closed.pk in touches_of(encounter)) is is_touched


def test_deleted_deal_is_not_touched(buyer):
    deal(account=buyer, deleted_at=AT)

    assert touches_of(meet(buyer_account=buyer)) == {}


def test_sides(buyer):
    parent = AccountFactory()
    buyer.parent = parent
    buyer.save()
    theirs = deal(account=buyer)
    own = ChampionFactory(contact=ContactFactory(account=buyer))
    sister = ChampionFactory(contact=ContactFactory(account=AccountFactory(parent=parent)))

    sides = [
        touches_of(meet(activity=act(champion=champion), opportunity=theirs))[theirs.pk][1]
        for champion in (own, sister, None)
    ]

    assert sides == ["own", "family", "peer"]


def test_only_differences_are_written(buyer):
    theirs = deal(account=buyer)
    encounter = meet(buyer_account=buyer)
    before = list(Touch.objects.values_list("pk", "superseded_at"))
    AttributionDirty.objects.all().delete()

    match_now([encounter.pk], cause=Cause.MATCH)

    assert list(Touch.objects.values_list("pk", "superseded_at")) == before
    assert before == [(Touch.objects.get(opportunity=theirs).pk, None)]
    assert not AttributionDirty.objects.exists()


def test_new_content_gives_a_new_version(buyer):
    theirs = deal(account=buyer)
    activity = act()
    first = meet(activity=activity, source_ref="x", opportunity=theirs, kind="content")

    again = meet(activity=activity, source_ref="x", opportunity=theirs, kind="event")

    assert again.pk == first.pk
    versions = Touch.objects.filter(encounter=first, opportunity=theirs).order_by("pk")
    assert [(version.kind, version.superseded_at is None) for version in versions] == [
        ("content", False),
        ("event", True),
    ]
