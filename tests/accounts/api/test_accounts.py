"""`/api/v1/accounts`: what it answers, what it hides, how it pages and what it refuses."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ExternalIdentity
from tests.factories.accounts import AccountFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def identity(source, account, external_id, **fields):
    return ExternalIdentity.objects.create(
        source=source, object_type="account", account=account, external_id=external_id, **fields
    )


def test_account_is_answered_with_the_callers_own_ids(crm, caller):
    parent = AccountFactory(name="Holding")
    account = AccountFactory(name="Acme", domain="acme.example", employees=12, parent=parent)
    identity(crm, account, "001A")
    identity(crm, parent, "001P")
    identity(SourceFactory(), account, "not ours")

    answer = caller("accounts:read").get(f"/api/v1/accounts/{account.name_outside}")

    assert answer.status_code == 200
    assert answer["ETag"] == '"v1"'
    assert answer.json() == {
        "id": account.name_outside,
        "version": 1,
        "external_id": "001A",
        "complete": True,
        "created_at": answer.json()["created_at"],
        "deleted_at": None,
        "name": "Acme",
        "website": None,
        "domain": "acme.example",
        "industry": None,
        "segment": None,
        "region": None,
        "country": None,
        "employees": 12,
        "lifecycle": "prospect",
        "owner_email": None,
        "csm_email": None,
        "customer_since": None,
        "renewal_on": None,
        "last_sales_activity_at": None,
        "parent": {"id": parent.name_outside, "external_id": "001P"},
    }


def test_unchanged_account_is_304(caller):
    account = AccountFactory()

    answer = caller("accounts:read").get(
        f"/api/v1/accounts/{account.name_outside}", headers={"if-none-match": 'W/"v1"'}
    )

    assert answer.status_code == 304
    assert answer.content == b""


def test_pages_hold_each_row_once_while_rows_are_written(caller):
    first = [AccountFactory().name_outside for _ in range(5)]
    client = caller("accounts:read")

    page = client.get("/api/v1/accounts?limit=2").json()
    seen = [row["id"] for row in page["data"]]
    late = AccountFactory().name_outside
    while page["has_more"]:
        page = client.get("/api/v1/accounts", {"limit": 2, "cursor": page["next_cursor"]}).json()
        seen += [row["id"] for row in page["data"]]

    assert seen == [*first, late]
    assert page["next_cursor"] is None


def test_newest_first(caller):
    rows = [AccountFactory().name_outside for _ in range(3)]

    page = caller("accounts:read").get("/api/v1/accounts?order=-id").json()

    assert [row["id"] for row in page["data"]] == rows[::-1]


def test_incomplete_and_deleted_rows_are_hidden_unless_asked_for(caller):
    shown = AccountFactory(name="Shown")
    incomplete = AccountFactory(name="")
    deleted = AccountFactory(name="Gone", deleted_at=DAY)
    client = caller("accounts:read")

    def ids(query):
        return {row["id"] for row in client.get(f"/api/v1/accounts{query}").json()["data"]}

    assert ids("") == {shown.name_outside}
    assert ids("?complete=true,false") == {shown.name_outside, incomplete.name_outside}
    assert ids("?complete=false") == {incomplete.name_outside}
    assert ids("?include_deleted=true") == {shown.name_outside, deleted.name_outside}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("external_id=001A", {"Acme"}),
        ("external_id=001A,001B", {"Acme", "Brava"}),
        ("external_id=nobody", set()),
        ("domain=acme.example", {"Acme"}),
        ("lifecycle=customer", {"Brava"}),
        ("lifecycle=customer,prospect", {"Acme", "Brava", "Holding"}),
        ("segment=smb", {"Acme"}),
        ("industry=retail", {"Acme"}),
        ("region=emea", {"Acme"}),
        ("country=DE", {"Acme"}),
        ("owner_email=o@x.example", {"Acme"}),
        ("csm_email=c@x.example", {"Acme"}),
        ("created_after=2000-01-01", {"Acme", "Brava", "Holding"}),
        ("created_before=2000-01-01T00:00:00Z", set()),
    ],
)
def test_filters(crm, caller, query, expected):
    acme = AccountFactory(
        name="Acme",
        domain="acme.example",
        segment="smb",
        industry="retail",
        region="emea",
        country="DE",
        owner_email="o@x.example",
        csm_email="c@x.example",
    )
    brava = AccountFactory(name="Brava", lifecycle="customer")
    AccountFactory(name="Holding")
    identity(crm, acme, "001A")
    identity(crm, brava, "001B")

    page = caller("accounts:read").get(f"/api/v1/accounts?{query}").json()

    assert {row["name"] for row in page["data"]} == expected


def test_filter_by_parent_and_embed_it(caller):
    holding = AccountFactory(name="Holding")
    AccountFactory(name="Acme", parent=holding)

    page = caller("accounts:read").get(
        f"/api/v1/accounts?parent_id={holding.name_outside}&expand=parent&fields=name,parent.name,parent.id"
    )

    assert page.json()["data"] == [{"name": "Acme", "parent": {"name": "Holding", "id": holding.name_outside}}]


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("colour=red", "unknown_parameter", "colour"),
        ("limit=0", "invalid_parameter", "limit"),
        ("limit=201", "invalid_parameter", "limit"),
        ("limit=1&limit=2", "invalid_parameter", "limit"),
        ("order=name", "invalid_parameter", "order"),
        ("lifecycle=friend", "invalid_parameter", "lifecycle"),
        ("parent_id=con_0", "invalid_parameter", "parent_id"),
        ("created_after=yesterday", "invalid_parameter", "created_after"),
        ("created_after=2026-13-01T00:00:00Z", "invalid_parameter", "created_after"),
        ("fields=secret", "invalid_parameter", "fields"),
        ("fields=parent.name", "invalid_parameter", "fields"),
        ("expand=owner", "invalid_parameter", "expand"),
        ("segment=a%00b", "invalid_parameter", "segment"),
        ("segment=" + ",".join("x" * 51), "invalid_parameter", "segment"),
        ("complete=maybe", "invalid_parameter", "complete"),
    ],
)
def test_bad_parameters_are_named(caller, query, code, parameter):
    answer = caller("accounts:read").get(f"/api/v1/accounts?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_count(caller):
    AccountFactory.create_batch(3, segment="smb")
    AccountFactory(segment="large")

    answer = caller("accounts:read").get("/api/v1/accounts/count?segment=smb")

    assert answer.json() == {"count": 3, "exact": True}


def test_count_stops_at_its_limit(caller, monkeypatch):
    monkeypatch.setattr("clg.api.pagination.COUNT_MAX", 2)
    AccountFactory.create_batch(3)

    answer = caller("accounts:read").get("/api/v1/accounts/count")

    assert answer.json() == {"count": 2, "exact": False}


def test_by_external_id_follows_a_merge(crm, caller):
    winner = AccountFactory(name="Winner")
    canonical = identity(crm, winner, "W")
    identity(crm, None, "L", canonical=canonical, state="merged")

    answer = caller("accounts:read").get("/api/v1/accounts/by-external-id/L").json()

    assert answer["id"] == winner.name_outside
    assert (answer["external_id"], answer["requested_external_id"], answer["merged"]) == ("W", "L", True)


def test_by_external_id_takes_a_slash(crm, caller):
    account = AccountFactory()
    identity(crm, account, "a/b c")

    answer = caller("accounts:read").get("/api/v1/accounts/by-external-id/a%2Fb%20c")

    assert answer.json()["id"] == account.name_outside


def test_deleted_row_says_when_to_its_own_source_only(crm, caller, session, marketer):
    account = AccountFactory(deleted_at=DAY)
    identity(crm, account, "001A", state="deleted")

    own = caller("accounts:read").get("/api/v1/accounts/by-external-id/001A")
    person = session(marketer).get(f"/api/v1/accounts/{account.name_outside}")

    assert (own.status_code, own.json()["code"]) == (404, "deleted")
    assert own.json()["deleted_at"] == "2026-03-01T00:00:00.000000Z"
    assert (person.status_code, person.json()["code"]) == (404, "not_found")


def test_person_has_no_source(session, marketer):
    answer = session(marketer).get("/api/v1/accounts/by-external-id/001A")

    assert (answer.status_code, answer.json()["code"]) == (403, "client_required")


def test_unknown_and_foreign_rows_have_one_answer(session, seller):
    foreign = AccountFactory(owner=UserFactory())
    client = session(seller)

    unknown = client.get("/api/v1/accounts/acc_" + "0" * 32)
    hidden = client.get(f"/api/v1/accounts/{foreign.name_outside}")

    assert unknown.status_code == hidden.status_code == 404
    drop = {"request_id", "instance"}
    assert {k: v for k, v in unknown.json().items() if k not in drop} == {
        k: v for k, v in hidden.json().items() if k not in drop
    }


def test_seller_lists_exactly_the_teams_accounts(session, seller, other_seller):
    own = AccountFactory(owner=seller)
    team = AccountFactory(owner=UserFactory(team=seller.team))
    AccountFactory(owner=other_seller)
    AccountFactory()

    page = session(seller).get("/api/v1/accounts").json()

    assert {row["id"] for row in page["data"]} == {own.name_outside, team.name_outside}


def queries_of(client, address):
    client.get(address)  # the bucket and the session are warm
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_count_asks_as_often_for_300_rows_as_for_3(caller):
    client = caller("accounts:read")
    AccountFactory.create_batch(3)
    few = queries_of(client, "/api/v1/accounts/count")
    AccountFactory.create_batch(297)

    assert queries_of(client, "/api/v1/accounts/count") == few
