"""Credit over the API: lines that sum, two questions never added, champions only for who may know them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ExternalIdentity
from advocacy.actions.attribution import attribute_changes
from advocacy.attribution.summaries import GROUPINGS
from tests.advocacy.api.world import AT, make_world
from tests.factories.accounts import OpportunityFactory

# Chunks of a run are REPEATABLE READ transactions of their own.
pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_of_both_default_models_sum_to_the_deal(crm, caller):
    world = make_world()
    ExternalIdentity.objects.create(source=crm, object_type="opportunity", opportunity=world.won, external_id="006A1")
    ExternalIdentity.objects.create(source=crm, object_type="contact", contact=world.ada.contact, external_id="003A")

    page = caller("attribution:read", "champions:read").get(
        f"/api/v1/attributions?opportunity_id={world.won.name_outside}"
    )

    rows = {row["model"]: row for row in page.json()["data"]}
    assert set(rows) == {"sourced-first", "influenced-linear"}
    influenced, sourced = rows["influenced-linear"], rows["sourced-first"]
    assert influenced["basis"] == influenced["reporting"] == {"amount": "900.00", "currency": "USD"}
    assert influenced["opportunity_external_id"] == "006A1"
    assert [(line["champion_id"], line["amount"], line["credit_micros"]) for line in influenced["lines"]] == [
        (world.bo.name_outside, "450.00", 500_000),
        (world.ada.name_outside, "450.00", 500_000),
    ]
    assert [line["champion_contact_external_id"] for line in influenced["lines"]] == [None, "003A"]
    assert [line["rung"] for line in influenced["lines"]] == ["explicit", "explicit"]
    assert [(line["activity"]["id"], line["positions"]) for line in sourced["lines"]] == [
        (world.referral.name_outside, ["first"])
    ]


def test_what_nothing_earned_says_why(caller):
    world = make_world()

    row = (
        caller("attribution:read")
        .get(f"/api/v1/attributions?model=influenced-linear&opportunity_id={world.untouched.name_outside}")
        .json()["data"][0]
    )

    assert row["lines"] == [
        {
            "line": 1,
            "touch_id": None,
            "unattributed_reason": "no_touch",
            "activity": None,
            "champion_id": None,
            "champion_contact_external_id": None,
            "occurred_at": None,
            "rung": None,
            "positions": [],
            "credit_micros": 1_000_000,
            "amount": "100.00",
            "reporting_amount": "100.00",
        }
    ]


@pytest.mark.parametrize(("scopes", "shown"), [(["champions:read"], True), ([], False)])
def test_champions_need_their_own_scope(caller, scopes, shown):
    world = make_world()

    answer = caller("attribution:read", "activities:read", *scopes)
    bodies = [
        answer.get(f"/api/v1/{place}").content.decode()
        for place in ("attributions", "touches", "activities", "encounters")
    ]

    assert (world.ada.name_outside in "".join(bodies)) is shown
    assert ("Canary" in "".join(bodies)) is shown


def test_seller_sees_own_deals_without_any_champion(session, seller):
    world = make_world(owner=seller)

    client = session(seller)
    page = client.get("/api/v1/attributions").json()["data"]

    assert {row["opportunity_id"] for row in page} == {world.won.name_outside}
    assert {line["champion_id"] for row in page for line in row["lines"]} == {None}
    assert client.get(f"/api/v1/attributions?champion_id={world.ada.name_outside}").status_code == 400
    assert client.get("/api/v1/champions").status_code == 403


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 6),
        ("model=influenced-u", 3),
        ("model=influenced-u,influenced-last", 6),
        ("question=sourced", 3),
        ("activity_kind=reference_call", 1),
        ("rung=explicit", 2),
        ("rung=parent,domain", 0),
        ("outcome=won", 2),
        ("flag=fx_missing", 2),
        ("unattributed=true", 4),
        ("unattributed=false", 2),
        ("closed_after=2026-05-01", 2),
        ("closed_before=2026-05-01", 0),
    ],
)
def test_filters(caller, query, count):
    make_world()

    answer = caller("attribution:read").get(f"/api/v1/attributions?{query}")

    assert len(answer.json()["data"]) == count


def test_single_row_has_its_generation_as_etag(caller):
    make_world()
    client = caller("attribution:read")
    row = client.get("/api/v1/attributions?limit=1").json()["data"][0]

    again = client.get(f"/api/v1/attributions/{row['id']}")

    assert again.json() == row
    assert again["ETag"] == '"v1"'


def test_same_queries_for_few_and_many_rows(caller):
    make_world()
    client = caller("attribution:read", "champions:read")

    def queries(address):
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    addresses = [
        "/api/v1/attributions?limit=200",
        "/api/v1/attribution-headlines",
        *(f"/api/v1/attribution-summaries?model=influenced-u&group_by={grouping}" for grouping in GROUPINGS),
    ]
    few = [queries(address) for address in addresses]
    OpportunityFactory.create_batch(300, opened_at=AT)
    attribute_changes(at=AT)

    assert [queries(address) for address in addresses] == few


def test_summary_rows_sum_to_the_control_total(caller):
    world = make_world()
    client = caller("attribution:read", "champions:read")

    def summary(group_by):
        return client.get(f"/api/v1/attribution-summaries?model=influenced-linear&group_by={group_by}").json()

    by_champion = summary("champion")
    assert by_champion["control_total"] == {"amount": "1000.00", "currency": "USD"}
    assert {
        (row["key"], row["deals"], row["credited"]["amount"], row["unattributed"]["amount"])
        for row in by_champion["rows"]
    } == {
        (world.ada.name_outside, 1, "450.00", "0.00"),
        (world.bo.name_outside, 1, "450.00", "0.00"),
        (None, 1, "0.00", "100.00"),
    }
    assert [(each["opportunity_id"], each["reason"], each["basis"]) for each in by_champion["left_out"]] == [
        (world.yen.name_outside, "fx_missing", {"amount": "5000", "currency": "JPY"})
    ]
    assert by_champion["left_out_count"] == 1


@pytest.mark.parametrize("group_by", GROUPINGS)
def test_every_additive_grouping_adds_up(caller, group_by):
    make_world()

    body = (
        caller("attribution:read", "champions:read")
        .get(f"/api/v1/attribution-summaries?model=influenced-u&group_by={group_by}")
        .json()
    )

    cents = [round(float(row[part]["amount"]) * 100) for row in body["rows"] for part in ("credited", "unattributed")]
    assert (sum(cents), body["additive"]) == (100_000, True)


def test_quarters_are_named(caller):
    make_world()

    body = caller("attribution:read").get("/api/v1/attribution-summaries?model=influenced-u&group_by=quarter").json()

    assert [row["key"] for row in body["rows"]] == ["2026-Q1"]


def test_participation_gives_each_the_whole_deal(caller):
    world = make_world()

    body = (
        caller("attribution:read", "champions:read")
        .get("/api/v1/attribution-summaries?model=influenced-linear&group_by=champion&measure=participation")
        .json()
    )

    assert body["additive"] is False
    assert {(row["key"], row["credited"]["amount"]) for row in body["rows"]} == {
        (world.ada.name_outside, "900.00"),
        (world.bo.name_outside, "900.00"),
    }


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "model_required"),
        ("model=influenced-u,sourced-first", 400, "model_required"),
        ("model=nothing", 404, "not_found"),
        ("model=influenced-u&group_by=colour", 400, "invalid_parameter"),
        ("model=influenced-u&group_by=rung&measure=participation", 400, "invalid_parameter"),
        ("model=influenced-u&cohort=lost:2026-Q1", 400, "invalid_parameter"),
        ("model=influenced-u&cohort=won:2026-Q5", 400, "invalid_parameter"),
        ("model=influenced-u&group_by=champion", 403, "missing_scope"),
    ],
)
def test_summaries_refuse(caller, query, status, code):
    answer = caller("attribution:read").get(f"/api/v1/attribution-summaries?{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("cohort", "sourced", "influenced"),
    [
        ("", ("900.00", 1), ("900.00", 1)),
        ("?cohort=opened:2026-Q1", ("900.00", 1), ("900.00", 1)),
        ("?cohort=opened:2026-Q2", ("0.00", 0), ("0.00", 0)),
        ("?cohort=won:2026-Q2", ("900.00", 1), ("900.00", 1)),
        ("?cohort=won:2026-Q1", ("0.00", 0), ("0.00", 0)),
        ("?cohort=open", ("0.00", 0), ("0.00", 0)),
    ],
)
def test_headlines(caller, cohort, sourced, influenced):
    make_world()

    body = caller("attribution:read").get(f"/api/v1/attribution-headlines{cohort}").json()

    assert set(body) == {"sourced", "influenced", "own_advocacy"}
    assert (body["sourced"]["amount"], body["sourced"]["deals"]) == sourced
    assert (body["influenced"]["amount"], body["influenced"]["deals"]) == influenced
    assert body["own_advocacy"] == {"amount": "0.00", "currency": "USD", "deals": 0}
