"""`/api/v1/opportunities`: deals, their people and their money."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ExternalIdentity, OpportunityContact
from tests.factories.accounts import AccountFactory, ContactFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(seller):
    deal = OpportunityFactory(
        name="Rollout", account=AccountFactory(name="Acme"), owner=seller, amount=Decimal("1200"), currency="EUR"
    )
    for number, primary in ((1, False), (2, True)):
        contact = ContactFactory(account=deal.account, last_name=f"Buyer {number}", email=f"b{number}@acme.example")
        OpportunityContact.objects.create(opportunity=deal, contact=contact, role="Buyer", is_primary=primary)
    return deal


def test_deal_is_answered_with_its_people(crm, caller, deal):
    primary, second = deal.roles_in_order
    ExternalIdentity.objects.create(source=crm, object_type="contact", contact=primary.contact, external_id="003P")

    row = caller("opportunities:read").get(f"/api/v1/opportunities/{deal.name_outside}").json()

    assert (row["amount"], row["currency"], row["opened_at"]) == ("1200.00", "EUR", "2026-01-01T00:00:00.000000Z")
    assert row["contacts"] == [
        {"id": primary.contact.name_outside, "external_id": "003P", "role": "Buyer", "is_primary": True},
        {"id": second.contact.name_outside, "external_id": None, "role": "Buyer", "is_primary": False},
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("1200", "JPY", "1200"), ("1200.5", "BHD", "1200.500"), ("0.125", "USD", "0.125"), ("1E+3", "USD", "1000.00")],
)
def test_amounts_have_the_digits_of_their_currency(caller, amount, currency, text):
    deal = OpportunityFactory(amount=Decimal(amount), currency=currency)

    row = caller("opportunities:read").get(f"/api/v1/opportunities/{deal.name_outside}").json()

    assert row["amount"] == text


def test_embedded_people_keep_their_role(caller, deal):
    page = caller("opportunities:read", "contacts:read").get(
        "/api/v1/opportunities?expand=contacts&fields=name,contacts.last_name,contacts.role"
    )

    assert page.json()["data"] == [
        {
            "name": "Rollout",
            "contacts": [{"last_name": "Buyer 2", "role": "Buyer"}, {"last_name": "Buyer 1", "role": "Buyer"}],
        }
    ]


def test_chosen_field_of_a_row_out_of_sight_is_null(session, seller, deal):
    page = session(seller).get("/api/v1/opportunities?expand=account&fields=account.name,account.id")

    assert page.json()["data"] == [{"account": {"name": None, "id": deal.account.name_outside}}]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=new_business", True),
        ("kind=renewal", False),
        ("outcome=open,won", True),
        ("outcome=lost", False),
        ("stage=Demo", True),
        ("stage=Other", False),
        ("opened_after=2026-01-01T00:00:00Z", True),
        ("opened_after=2026-01-01T00:00:00.000001Z", False),
        ("opened_before=2026-01-01T00:00:00Z", False),
        ("opened_before=2026-01-01T01:00:00%2B00:30", True),
        ("closed_after=2026-01-01", False),
        ("owner_email=o@x.example", True),
    ],
)
def test_filters(caller, query, found):
    OpportunityFactory(stage="Demo", owner_email="o@x.example")

    page = caller("opportunities:read").get(f"/api/v1/opportunities?{query}").json()

    assert len(page["data"]) == found


def test_seller_sees_the_deals_of_the_team_and_csm_those_of_own_accounts(session, seller, other_seller, csm, deal):
    cared_for = OpportunityFactory(account=AccountFactory(csm=csm))

    def seen(user):
        return {row["id"] for row in session(user).get("/api/v1/opportunities").json()["data"]}

    assert seen(seller) == {deal.name_outside}
    assert seen(other_seller) == set()
    assert seen(csm) == {cared_for.name_outside}


def test_account_out_of_sight_stays_a_reference(session, seller, deal):
    row = session(seller).get("/api/v1/opportunities?expand=account").json()["data"][0]

    assert row["account"] == {"id": deal.account.name_outside, "external_id": None}


def test_same_queries_for_3_and_300_rows(caller):
    client = caller()
    account = AccountFactory()
    contact = ContactFactory(account=account)
    address = "/api/v1/opportunities?limit=200&expand=account,contacts"

    def deals(number):
        for _ in range(number):
            OpportunityContact.objects.create(opportunity=OpportunityFactory(account=account), contact=contact)

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    deals(3)
    few = queries()
    deals(300)

    assert queries() == few


def test_closed_at_is_answered_in_utc(caller):
    berlin = dt.timezone(dt.timedelta(hours=1))
    deal = OpportunityFactory(outcome="won", closed_at=dt.datetime(2026, 4, 30, 23, 30, 0, 5, tzinfo=berlin))

    row = caller("opportunities:read").get(f"/api/v1/opportunities/{deal.name_outside}").json()

    assert row["closed_at"] == "2026-04-30T22:30:00.000005Z"
