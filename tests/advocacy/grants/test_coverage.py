"""What a key covers: the two-key matrix of every use, terms inside, outside and on the edge. `readiness` 8.1."""

from __future__ import annotations

import datetime as dt

import pytest

from advocacy.choices import AskState, Grantor, GrantState, Use
from advocacy.grants.coverage import Plan, coverage_of
from advocacy.models import GrantParty, UseRule
from advocacy.prospects import prospect_of
from tests.factories.accounts import AccountFactory, ProductFactory
from tests.factories.advocacy import AskFactory, ChampionFactory, CompanyGrantFactory, GrantFactory

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 6, 15)


@pytest.fixture
def champion():
    return ChampionFactory()


def keys(champion, use=Use.CALL, on=TODAY, plan=None, prospect=None):
    return coverage_of([champion.pk], use=use, on=on, plan=plan, prospect=prospect)[champion.pk]


@pytest.mark.parametrize("use", Use.values)
@pytest.mark.parametrize("given", [(), ("person",), ("company",), ("person", "company")])
def test_every_use_asks_for_its_own_keys(champion, use, given):
    if "person" in given:
        GrantFactory(champion=champion, use=use)
    if "company" in given:
        CompanyGrantFactory(account=champion.account, use=use)
    rule = UseRule.objects.get(use=use)
    needed = {name for name, is_needed in (("person", rule.needs_person), ("company", rule.needs_company)) if is_needed}

    assert keys(champion, use).missing == needed - set(given)


@pytest.mark.parametrize("state", GrantState.values)
def test_only_a_given_grant_is_a_key(champion, state):
    GrantFactory(champion=champion, use=Use.REVIEW, state=state)

    covers = state in (GrantState.GRANTED, GrantState.GRANTED_WITH_LIMITS)
    assert (keys(champion, Use.REVIEW).missing == set()) == covers


def test_another_persons_key_opens_nothing(champion):
    GrantFactory(champion=ChampionFactory(account=champion.account, contact__account=champion.account), use=Use.REVIEW)

    assert keys(champion, Use.REVIEW).missing == {Grantor.PERSON}


@pytest.mark.parametrize(
    ("limit", "inside", "outside"),
    [
        ({"regions": ["EMEA", "APAC"]}, Plan(region="APAC"), Plan(region="NA")),
        ({"languages": ["de"]}, Plan(language="de"), Plan(language="en")),
        ({"campaigns": ["spring"]}, Plan(campaign="spring"), Plan(campaign="fall")),
        ({"channels": ["website", "social"]}, Plan(channel="social"), Plan(channel="press")),
        ({"audiences": ["public"]}, Plan(audience="named_prospect"), None),
        ({"audiences": ["internal"]}, Plan(audience="internal"), Plan(audience="named_prospect")),
        ({"audiences": ["under_nda"]}, Plan(audience="internal"), Plan(audience="public")),
        ({"audiences": ["named_prospect"]}, Plan(), Plan(audience="under_nda")),
    ],
)
def test_lists_narrow_and_empty_ones_do_not(champion, limit, inside, outside):
    GrantFactory(champion=champion, **limit)
    CompanyGrantFactory(account=champion.account)

    assert keys(champion, plan=inside).missing == set()
    if outside is not None:
        assert keys(champion, plan=outside).missing == {Grantor.PERSON}


def test_products_narrow(champion):
    one, other = ProductFactory(), ProductFactory()
    GrantFactory(champion=champion, use=Use.REVIEW).products.add(one)

    assert keys(champion, Use.REVIEW, plan=Plan(product=one.pk)).missing == set()
    assert keys(champion, Use.REVIEW, plan=Plan(product=other.pk)).missing == {Grantor.PERSON}


def test_prospects_of_a_grant_are_those_it_is_for(champion):
    wanted, family_of_barred, other = AccountFactory(), AccountFactory(), AccountFactory()
    barred = AccountFactory(parent=family_of_barred)
    grant = GrantFactory(champion=champion, use=Use.REVIEW)
    GrantParty.objects.create(grant=grant, account=barred, role="never_to")

    assert keys(champion, Use.REVIEW, prospect=prospect_of(family_of_barred)).missing == {Grantor.PERSON}
    assert keys(champion, Use.REVIEW, prospect=prospect_of(other)).missing == set()
    GrantParty.objects.create(grant=grant, account=wanted, role="prospect")
    assert keys(champion, Use.REVIEW, prospect=prospect_of(wanted)).missing == set()
    assert keys(champion, Use.REVIEW, prospect=prospect_of(other)).missing == {Grantor.PERSON}


@pytest.mark.parametrize(("used", "covers"), [(1, True), (2, False)])
def test_own_cap_is_used_up(champion, used, covers):
    GrantFactory(champion=champion, use=Use.REVIEW, cap_count=2, cap_days=30)
    moment = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    for _ in range(used):
        AskFactory(champion=champion, use=Use.REVIEW, reserved_at=moment)
    AskFactory(champion=champion, use=Use.REVIEW, reserved_at=moment, state=AskState.WITHDRAWN)
    AskFactory(champion=champion, use=Use.REVIEW, reserved_at=moment - dt.timedelta(days=60))

    assert (keys(champion, Use.REVIEW).missing == set()) == covers


@pytest.mark.parametrize(("minutes", "covers"), [(15, True), (16, False)])
def test_cap_of_minutes_counts_the_ask_itself(champion, minutes, covers):
    GrantFactory(champion=champion, use=Use.REVIEW, cap_minutes=60)
    AskFactory(champion=champion, use=Use.REVIEW, minutes=45)

    assert (keys(champion, Use.REVIEW, plan=Plan(minutes=minutes)).missing == set()) == covers


def test_shown_identity_is_the_more_anonymous_of_both(champion):
    GrantFactory(champion=champion, identity="name_title")
    GrantFactory(champion=champion, identity="anonymous", regions=["EMEA"])
    CompanyGrantFactory(account=champion.account, identity="company_only")

    assert keys(champion).identity == "company_only"
    assert keys(ChampionFactory()).identity == "anonymous"


def test_wider_grant_covers_where_a_narrow_one_does_not(champion):
    GrantFactory(champion=champion, use=Use.REVIEW, regions=["EMEA"])
    GrantFactory(champion=champion, use=Use.REVIEW)

    assert keys(champion, Use.REVIEW, plan=Plan(region="NA")).missing == set()
