"""Who sees which rows: one inside, one outside, one on the edge."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Account, Contact, CrmSource, Opportunity, Product, Signal, User
from accounts.principals import ApiPrincipal
from tests.factories.accounts import (
    AccountFactory,
    ContactFactory,
    IdentityFactory,
    OpportunityFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mate(seller):
    """A colleague in the seller's team."""
    return UserFactory(team=seller.team)


def names(rows):
    return set(rows.values_list("name", flat=True))


@pytest.mark.parametrize("person", ["administrator", "marketer", "leader", "auditor"])
def test_people_of_the_programme_see_every_row(request, person):
    user = request.getfixturevalue(person)
    deal = OpportunityFactory()
    contact = ContactFactory(account=deal.account)

    assert Account.objects.visible_to(user).get() == deal.account
    assert Contact.objects.visible_to(user).get() == contact
    assert Opportunity.objects.visible_to(user).get() == deal


@pytest.mark.parametrize(
    ("setting", "seen"),
    [("own", {"Mine"}), ("team", {"Mine", "Mate's"}), ("all", {"Mine", "Mate's", "Other's", "Nobody's"})],
)
def test_sales_sees_by_setting(settings, seller, mate, other_seller, setting, seen):
    settings.SALES_SEES = setting
    for name, owner in [("Mine", seller), ("Mate's", mate), ("Other's", other_seller), ("Nobody's", None)]:
        account = AccountFactory(name=name, owner=owner)
        ContactFactory(account=account, last_name=name)
        OpportunityFactory(name=name, owner=owner, account=account)

    assert names(Account.objects.visible_to(seller)) == seen
    assert names(Opportunity.objects.visible_to(seller)) == seen
    assert set(Contact.objects.visible_to(seller).values_list("last_name", flat=True)) == seen


def test_sales_without_team_sees_only_own(settings, seller):
    settings.SALES_SEES = "team"
    seller.team = None
    AccountFactory(name="Mine", owner=seller)
    AccountFactory(name="Of a teamless colleague", owner=UserFactory(team=None))

    assert names(Account.objects.visible_to(seller)) == {"Mine"}


def test_csm_sees_accounts_in_care_and_what_hangs_on_them(csm, seller):
    AccountFactory(name="As CSM", csm=csm)
    AccountFactory(name="As owner", owner=csm)
    AccountFactory(name="Other", owner=seller)
    for account in Account.objects.all():
        OpportunityFactory(name=account.name, account=account, owner=seller)

    assert names(Account.objects.visible_to(csm)) == {"As CSM", "As owner"}
    assert names(Opportunity.objects.visible_to(csm)) == {"As CSM", "As owner"}


def test_nobody_sees_nothing(nobody):
    OpportunityFactory(owner=nobody, account__owner=nobody)
    Product.objects.create(name="GTX Pro")

    for principal in (nobody, AnonymousUser()):
        assert not Account.objects.visible_to(principal).exists()
        assert not Contact.objects.visible_to(principal).exists()
        assert not Opportunity.objects.visible_to(principal).exists()
        assert not Signal.objects.visible_to(principal).exists()
        assert not Product.objects.visible_to(principal).exists()
        assert not CrmSource.objects.visible_to(principal).exists()


def test_disabled_administrator_sees_nothing(administrator):
    AccountFactory()
    administrator.is_active = False

    assert not Account.objects.visible_to(administrator).exists()
    assert not User.objects.visible_to(administrator).exists()


@pytest.mark.parametrize(
    ("scopes", "accounts", "contacts", "deals"),
    [
        ({"accounts:read"}, 1, 0, 0),
        ({"contacts:write"}, 0, 0, 0),
        ({"opportunities:read", "accounts:write"}, 0, 0, 1),
        ({"changes:read"}, 0, 0, 0),
    ],
)
def test_client_sees_by_scope(scopes, accounts, contacts, deals):
    deal = OpportunityFactory()
    ContactFactory(account=deal.account)
    source = SourceFactory()
    client = ApiPrincipal(client=None, source=source, scopes=frozenset(scopes))

    assert Account.objects.visible_to(client).count() == accounts
    assert Contact.objects.visible_to(client).count() == contacts
    assert Opportunity.objects.visible_to(client).count() == deals


def test_users_see_themselves_and_administrators_everybody(administrator, seller, other_seller):
    assert set(User.objects.visible_to(administrator)) == {administrator, seller, other_seller}
    assert set(User.objects.visible_to(seller)) == {seller}


def test_listed_hides_incomplete_and_deleted(django_user_model):
    AccountFactory(name="Whole")
    AccountFactory(name="")
    AccountFactory(name="Gone", deleted_at="2026-01-01T00:00:00Z")

    assert names(Account.objects.listed()) == {"Whole"}


def test_known_as_follows_a_merged_id():
    source = SourceFactory()
    winner = AccountFactory(name="Winner")
    kept = IdentityFactory(source=source, external_id="A", account=winner)
    IdentityFactory(source=source, external_id="B", account=None, canonical=kept, state="merged")
    IdentityFactory(source=SourceFactory(), external_id="C", account=AccountFactory(name="Of another source"))

    assert names(Account.objects.known_as(source, ["B", "C"])) == {"Winner"}
    assert [row.external_id for row in Account.objects.with_external_id(source).order_by("id")] == ["A", None]
