"""Facts of deals, and the marks that a change of each input leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import Account, Contact, ExchangeRate, Opportunity, OpportunityContact, OpportunityStage
from advocacy.attribution.dirty import claim, create_tables, mark_clock
from advocacy.models import Activity, AttributionDirty, Encounter, OpportunityFact
from tests.advocacy.attribution.tenant import AT, act, day, deal, meet
from tests.factories.accounts import AccountFactory, ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clean():
    """Forget the marks so far."""

    def forget() -> None:
        AttributionDirty.objects.all().delete()

    return forget


def marks() -> set[tuple[str, int, str]]:
    """(kind of subject, its id, cause)."""
    found = set()
    for mark in AttributionDirty.objects.all():
        for subject in ("opportunity", "encounter", "account"):
            if key := getattr(mark, f"{subject}_id"):
                found.add((subject, key, mark.cause))
    return found


def fact(opportunity: Opportunity) -> OpportunityFact:
    return OpportunityFact.objects.get(opportunity=opportunity, superseded_at=None)


def test_a_new_deal_has_a_fact_and_a_mark(clean):
    clean()

    new = deal(amount=Decimal("12.5"), currency="EUR", lead_at=day(-3))

    stored = fact(new)
    assert (stored.account_id, stored.amount, stored.currency) == (new.account_id, Decimal("12.5"), "EUR")
    assert (stored.opened_at, stored.lead_at, stored.closed_at) == (day(0), day(-3), None)
    assert (stored.outcome, stored.is_deleted, stored.opened_is_estimated) == ("open", False, False)
    assert marks() == {("opportunity", new.pk, "deal")}


def test_a_change_ends_the_version(clean):
    changed = deal()

    Opportunity.objects.filter(pk=changed.pk).update(amount=7)

    versions = OpportunityFact.objects.filter(opportunity=changed).order_by("pk")
    assert [(version.amount, version.superseded_at is None) for version in versions] == [
        (Decimal(1000), False),
        (Decimal(7), True),
    ]


def test_what_credit_does_not_depend_on_writes_nothing(clean):
    same = deal()
    clean()

    Opportunity.objects.filter(pk=same.pk).update(name="Other", stage="x")

    assert OpportunityFact.objects.filter(opportunity=same).count() == 1
    assert marks() == set()


def test_missing_moments_are_estimated():
    unknown = deal(opened_at=None)
    first = fact(unknown)
    Opportunity.objects.filter(pk=unknown.pk).update(outcome="won")
    won = fact(unknown)
    Opportunity.objects.filter(pk=unknown.pk).update(amount=5)

    assert (first.opened_is_estimated, first.closed_is_estimated) == (True, False)
    assert won.opened_at == first.recorded_at
    assert (won.closed_at, won.closed_is_estimated) == (won.recorded_at, True)
    assert fact(unknown).closed_at == won.closed_at


def test_an_open_deal_has_no_close():
    assert fact(deal(outcome="open", closed_at=day(9))).closed_at is None


def test_a_win_marks_the_later_deals_of_the_account(clean):
    account = AccountFactory()
    won = deal(account=account)
    later, earlier = deal(account=account, opened_at=day(50)), deal(account=account, opened_at=day(10))
    foreign = deal(opened_at=day(60))
    clean()

    Opportunity.objects.filter(pk=won.pk).update(outcome="won", closed_at=day(20))

    assert marks() == {("opportunity", won.pk, "deal"), ("opportunity", later.pk, "deal")}
    assert earlier.pk != foreign.pk


@pytest.mark.parametrize(
    ("change", "can_move_touches"),
    [
        ({"amount": 7}, False),
        ({"currency": "EUR"}, False),
        ({"kind": "renewal"}, False),
        ({"lead_at": day(-9)}, False),
        ({"opened_at": day(-9)}, True),
        ({"closed_at": day(30), "outcome": "lost"}, True),
        ({"deleted_at": day(9)}, True),
        ({"account": None}, True),
    ],
)
def test_only_what_the_matcher_reads_can_move_touches(clean, change, can_move_touches):
    changed = deal()
    clean()

    Opportunity.objects.filter(pk=changed.pk).update(**change)

    assert [mark.can_move_touches for mark in AttributionDirty.objects.all()] == [can_move_touches]


def test_the_amount_of_a_won_deal_leaves_its_neighbours_alone(clean):
    account = AccountFactory()
    won = deal(account=account, outcome="won", closed_at=day(20))
    deal(account=account, opened_at=day(25))
    clean()

    Opportunity.objects.filter(pk=won.pk).update(amount=7)

    assert marks() == {("opportunity", won.pk, "deal")}


def test_moving_a_won_deal_marks_both_accounts(clean):
    old, new = AccountFactory(), AccountFactory()
    won = deal(account=old, outcome="won", closed_at=day(5))
    at_old, at_new = deal(account=old, opened_at=day(9)), deal(account=new, opened_at=day(9))
    clean()

    Opportunity.objects.filter(pk=won.pk).update(account=new)

    assert marks() == {("opportunity", row.pk, "deal") for row in (won, at_old, at_new)}


def test_stages_and_roles_mark_their_deal_and_the_former(clean):
    one, two = deal(), deal()
    stage = OpportunityStage.objects.create(opportunity=one, stage="proof", entered_at=day(1))
    person = ContactFactory()
    role = OpportunityContact.objects.create(opportunity=one, contact=person)
    clean()

    OpportunityStage.objects.filter(pk=stage.pk).update(opportunity=two)
    assert marks() == {("opportunity", one.pk, "stage"), ("opportunity", two.pk, "stage")}
    clean()
    role.delete()

    assert marks() == {("opportunity", one.pk, "match")}


def test_companies_mark_themselves_and_the_former_parent(clean):
    former, later = AccountFactory(), AccountFactory()
    account = AccountFactory(parent=former)
    clean()

    Account.objects.filter(pk=account.pk).update(parent=later, name="Other")

    assert marks() == {("account", account.pk, "match"), ("account", former.pk, "match")}


def test_a_person_who_moves_marks_their_encounters(clean):
    person = ContactFactory()
    encounter = meet(buyer_contact=person)
    clean()

    Contact.objects.filter(pk=person.pk).update(account=AccountFactory(), phone="1")
    assert marks() == {("encounter", encounter.pk, "match")}
    clean()
    Contact.objects.filter(pk=person.pk).update(phone="2")

    assert marks() == set()


@pytest.mark.parametrize(("on", "is_marked"), [(day(0), True), (day(-45), True), (day(-46), False), (day(1), False)])
def test_a_rate_marks_the_deals_it_can_serve(clean, on, is_marked):
    served = deal(currency="EUR")
    deal(currency="JPY")
    clean()

    ExchangeRate.objects.create(currency="EUR", on=on.date(), rate=2)

    assert marks() == ({("opportunity", served.pk, "rate")} if is_marked else set())


def test_encounters_and_activities_mark_encounters(clean):
    activity = act()
    encounter = meet(activity=activity, opportunity=deal())
    clean()

    Encounter.objects.filter(pk=encounter.pk).update(weight_hint=2)
    assert marks() == {("encounter", encounter.pk, "touch")}
    clean()
    Activity.objects.filter(pk=activity.pk).update(withdrawn_at=AT, withdrawn_reason="x")
    assert marks() == {("encounter", encounter.pk, "withdrawal")}
    clean()
    Activity.objects.filter(pk=activity.pk).update(title="Other")

    assert marks() == set()


@pytest.mark.parametrize(
    ("fields", "is_marked"),
    [
        ({"opened_at": day(10)}, True),
        ({"opened_at": day(5)}, False),
        ({"opened_at": day(11)}, False),
        ({"lead_at": day(7)}, True),
        ({"outcome": "won", "closed_at": day(8)}, True),
    ],
)
def test_the_clock_marks_moments_after_since_up_to_until(clean, fields, is_marked):
    passed = deal(**fields)
    clean()

    assert mark_clock(day(5), day(10)) == int(is_marked)
    assert marks() == ({("opportunity", passed.pk, "clock")} if is_marked else set())


def test_the_clock_marks_touches_that_come_due(clean):
    met = deal()
    meet(7, opportunity=met)
    clean()

    assert mark_clock(day(5), day(10)) == 1
    assert marks() == {("opportunity", met.pk, "clock")}


def test_claim_takes_the_oldest_marks_and_what_stands_near_of_the_same_deals(clean):
    first, second, third = deal(), deal(), deal()
    clean()
    for marked in (first, second, third, first):
        AttributionDirty.objects.create(opportunity_id=marked.pk, cause="deal")

    with connection.cursor() as cursor:
        create_tables(cursor)
        count = claim(cursor, 2)
        cursor.execute("SELECT opportunity_id FROM chunk_mark ORDER BY id")
        taken = [key for (key,) in cursor.fetchall()]

    assert (count, taken) == (3, [first.pk, second.pk, first.pk])
    assert marks() == {("opportunity", third.pk, "deal")}
