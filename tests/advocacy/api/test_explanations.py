"""The explanation of one deal over the API."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ExternalIdentity
from advocacy.actions.attribution import attribute_changes
from advocacy.choices import Rung
from tests.advocacy.api.world import AT, make_world
from tests.factories.advocacy import EncounterFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_explanation_by_either_id_is_the_same(crm, caller):
    world = make_world()
    ExternalIdentity.objects.create(source=crm, object_type="opportunity", opportunity=world.won, external_id="a/006")
    client = caller("attribution:read", "champions:read")

    ours = client.get(f"/api/v1/opportunities/{world.won.name_outside}/attribution?model=influenced-u")
    theirs = client.get("/api/v1/opportunities/by-external-id/a%2F006/attribution?model=influenced-u")

    assert ours.json() == theirs.json()
    assert ours.json()["deal"]["external_id"] == "a/006"
    assert [line["share"] for line in ours.json()["lines"]] == ["1/2", "1/2"]
    assert ours.json()["check"]["adds_up"] is True


def test_champions_stay_hidden_without_their_scope(caller):
    world = make_world()

    body = caller("attribution:read").get(f"/api/v1/opportunities/{world.won.name_outside}/attribution")

    assert body.status_code == 200
    assert b"Canary" not in body.content
    assert world.ada.name_outside.encode() not in body.content


def test_past_state_by_run(caller):
    world = make_world()
    client = caller("attribution:read")
    run = client.get("/api/v1/attribution-runs").json()["data"][0]

    body = client.get(f"/api/v1/opportunities/{world.won.name_outside}/attribution?run_id={run['id']}").json()

    assert (body["run"]["id"], body["model"]["key"]) == (run["id"], "influenced-linear")
    assert run["progress"]["deals_done"] >= 3
    assert run["totals"]["influenced-linear"]["credited_minor"] == 90_000


@pytest.mark.parametrize("query", ["?model=nothing", "?run_id=run_" + "0" * 32])
def test_unknown_model_or_run_is_404(caller, query):
    world = make_world()

    answer = caller("attribution:read").get(f"/api/v1/opportunities/{world.won.name_outside}/attribution{query}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_foreign_deal_is_404_and_person_has_no_external_ids(session, seller, other_seller):
    world = make_world(owner=seller)
    address = f"/api/v1/opportunities/{world.won.name_outside}/attribution"

    assert session(seller).get(address).status_code == 200
    assert session(other_seller).get(address).status_code == 404
    by_name = session(seller).get("/api/v1/opportunities/by-external-id/x/attribution")
    assert (by_name.status_code, by_name.json()["code"]) == (403, "client_required")


def test_moments_are_written_as_everywhere(caller):
    world = make_world()

    body = caller("attribution:read").get(f"/api/v1/opportunities/{world.won.name_outside}/attribution").json()

    assert body["deal"]["opened_at"] == "2026-03-01T00:00:00.000000Z"
    assert body["milestones"]["closed"] == "2026-05-01T00:00:00.000000Z"
    assert [line["occurred_at"] for line in body["lines"]] == [
        "2026-02-05T00:00:00.000000Z",
        "2026-02-10T00:00:00.000000Z",
    ]


def test_same_queries_for_few_and_many_touches(caller):
    world = make_world()
    client = caller("attribution:read", "champions:read")

    def queries():
        address = f"/api/v1/opportunities/{world.won.name_outside}/attribution?model=influenced-linear"
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            body = client.get(address).json()
        return len(found), len(body["lines"])

    few = queries()
    for _ in range(60):
        EncounterFactory(opportunity=world.won, given_rung=Rung.EXPLICIT, activity__champion=world.ada)
    attribute_changes(at=AT)

    assert few[1] < queries()[1]
    assert queries()[0] == few[0]
