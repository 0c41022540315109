"""`/api/v1/contacts`: who sees which part of a person."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ExternalIdentity
from tests.factories.accounts import AccountFactory, ContactFactory

pytestmark = pytest.mark.django_db

CANARY = {
    "first_name": "Canary",
    "last_name": "Person",
    "title": "Head of Canaries",
    "email": "canary@acme.example",
    "phone": "+49 30 5550000",
}


@pytest.fixture
def contact(seller, csm):
    return ContactFactory(account=AccountFactory(name="Acme", owner=seller, csm=csm), **CANARY)


@pytest.mark.parametrize(
    ("role", "hidden"),
    [
        ("administrator", set()),
        ("marketer", set()),
        ("csm", set()),
        ("seller", set(CANARY)),
        ("leader", set(CANARY)),
        ("auditor", set(CANARY)),
    ],
)
def test_each_role_sees_its_part(request, session, contact, role, hidden):
    client = session(request.getfixturevalue(role))

    row = client.get(f"/api/v1/contacts/{contact.name_outside}").json()
    listed = client.get("/api/v1/contacts").json()["data"]

    assert {name for name in CANARY if row[name] is None} == hidden
    assert listed == [row]


@pytest.mark.parametrize(("role", "status"), [("marketer", 200), ("csm", 200), ("seller", 400), ("leader", 400)])
def test_filter_on_a_hidden_field_is_unknown(request, session, contact, role, status):
    answer = session(request.getfixturevalue(role)).get("/api/v1/contacts?email=canary@acme.example")

    assert answer.status_code == status
    assert ("email" in answer.json().get("allowed", ["email"])) is (status == 200)


def test_client_sees_details_and_its_own_ids(crm, caller, contact):
    ExternalIdentity.objects.create(source=crm, object_type="contact", contact=contact, external_id="003A")
    ExternalIdentity.objects.create(source=crm, object_type="account", account=contact.account, external_id="001A")

    row = caller("contacts:read").get("/api/v1/contacts?external_id=003A").json()["data"][0]

    assert (row["external_id"], row["email"]) == ("003A", "canary@acme.example")
    assert row["account"] == {"id": contact.account.name_outside, "external_id": "001A"}


def test_embedding_the_account_needs_its_scope(caller, contact):
    refused = caller("contacts:read").get("/api/v1/contacts?expand=account")
    allowed = caller("contacts:read", "accounts:read").get("/api/v1/contacts?expand=account&fields=account.name")

    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert allowed.json()["data"] == [{"account": {"name": "Acme"}}]


@pytest.mark.parametrize(("query", "count"), [("", 2), ("?left=true", 1), ("?left=false", 1)])
def test_filter_by_leaving(caller, contact, query, count):
    ContactFactory(account=contact.account, left_on="2026-01-01")

    assert caller("contacts:read").get(f"/api/v1/contacts/count{query}").json()["count"] == count


def test_filter_by_account(caller, contact):
    ContactFactory()

    page = caller("contacts:read").get(f"/api/v1/contacts?account_id={contact.account.name_outside}").json()

    assert [row["id"] for row in page["data"]] == [contact.name_outside]


@pytest.mark.parametrize("role", ["marketer", "seller"])
def test_same_queries_for_3_and_300_rows(request, session, role):
    user = request.getfixturevalue(role)
    client = session(user)
    account = AccountFactory(owner=user)
    address = "/api/v1/contacts?limit=200&expand=account"

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    ContactFactory.create_batch(3, account=account)
    few = queries()
    ContactFactory.create_batch(300, account=account)

    assert queries() == few
