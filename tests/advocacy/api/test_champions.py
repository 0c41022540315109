"""`/api/v1/champions`: the pool, its scores and who may know the person."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Signal
from advocacy.actions.readiness import score_readiness
from tests.factories.accounts import ContactFactory, CustomerFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@pytest.fixture
def champion(csm):
    contact = ContactFactory(account=CustomerFactory(name="Acme", csm=csm), first_name="Canary", last_name="Person")
    champion = ChampionFactory(contact=contact, languages=["de"])
    Signal.objects.create(
        kind="nps", account=contact.account, contact=contact, raw=9, value="90.00", observed_at=AT, source="test"
    )
    score_readiness(at=AT, everybody=True)
    return champion


def test_champion_has_standing_and_readiness(caller, champion):
    row = caller("champions:read").get(f"/api/v1/champions/{champion.name_outside}").json()

    readiness = row.pop("readiness")
    assert (row["id"], row["standing"], row["languages"]) == (champion.name_outside, "active", ["de"])
    assert row["account"]["id"] == champion.account.name_outside
    assert ("nps", "90.00") in [(part["kind"], part["value"]) for part in readiness["parts"]]
    assert sum(float(part["points"]) for part in readiness["parts"]) == pytest.approx(float(readiness["score"]))


def test_explanation_agrees_with_the_stored_score(caller, champion):
    client = caller("champions:read")

    stored = client.get(f"/api/v1/champions/{champion.name_outside}").json()["readiness"]
    explained = client.get(f"/api/v1/champions/{champion.name_outside}/explain").json()

    assert explained["id"] == champion.name_outside
    assert {part["kind"] for part in explained["readiness"]["parts"]} == {part["kind"] for part in stored["parts"]}
    assert "usage" in {missing["kind"] for missing in explained["readiness"]["missing"]}


@pytest.mark.parametrize(
    ("role", "named"),
    [("marketer", True), ("administrator", True), ("csm", True), ("leader", False), ("auditor", False)],
)
def test_who_knows_the_person(request, session, champion, role, named):
    body = session(request.getfixturevalue(role)).get("/api/v1/champions?expand=account")

    assert len(body.json()["data"]) == 1
    assert ("Canary" in body.content.decode()) is named
    assert (champion.contact.name_outside in body.content.decode()) is named


@pytest.mark.parametrize("scopes", [["champions:read"], ["champions:read", "contacts:read"]])
def test_client_reads_the_name_with_contacts(caller, champion, scopes):
    row = caller(*scopes).get("/api/v1/champions").json()["data"][0]

    assert row["name"] == ("Canary Person" if "contacts:read" in scopes else None)


def test_csm_sees_champions_of_own_accounts_only(session, csm, champion):
    ChampionFactory()

    page = session(csm).get("/api/v1/champions").json()

    assert [row["id"] for row in page["data"]] == [champion.name_outside]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("standing=active", 2),
        ("standing=retired,paused", 0),
        ("band=unknown", 2),
        ("band=ready,warming", 0),
        ("language=de", 1),
        ("language=fr,de", 1),
        ("language=fr", 0),
    ],
)
def test_filters(caller, champion, query, count):
    ChampionFactory()

    assert caller("champions:read").get(f"/api/v1/champions/count?{query}").json()["count"] == count


def test_same_queries_for_3_and_300_rows(session, marketer, champion):
    client = session(marketer)
    address = "/api/v1/champions?limit=200&expand=account"

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    ChampionFactory.create_batch(2)
    few = queries()
    ChampionFactory.create_batch(297)

    assert queries() == few
