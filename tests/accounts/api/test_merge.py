"""Merges over HTTP: what they answer, repeat and refuse, and what reads say afterwards. `crm-sync` 5, 7."""

from __future__ import annotations

import json
from itertools import count

import pytest

from accounts.models import Account, Contact, MergeEvent
from clg.models import SecurityLog
from tests.accounts.api.test_push import bulk, item

pytestmark = pytest.mark.django_db

_keys = count()


def merge(caller, noun="accounts", key="", **body):
    headers = {"HTTP_IDEMPOTENCY_KEY": key or f"key-{next(_keys)}"}
    address = f"/api/v1/{noun}/merge"
    return caller.post(address, json.dumps(body), content_type="application/json", **headers)


def order(winner, *losers, second=10, **more):
    named = {"winner": {"external_id": winner}, "losers": [{"external_id": loser} for loser in losers]}
    return {**named, "source_updated_at": f"2026-01-01T00:00:{second:02d}Z", **more}


@pytest.fixture
def crm_caller(caller):
    one = caller("accounts:write", "contacts:write", "accounts:read")
    bulk(one, "accounts", [item("A", 1, {"name": "Winner"}), item("B", 1, {"name": "Loser"})])
    bulk(one, "contacts", [{**item("C", 1, {"last_name": "Ada"}), "relations": {"account": {"external_id": "B"}}}])
    return one


def test_merge_answers_the_winner_and_what_moved(crm_caller):
    answer = merge(crm_caller, **order("A", "B", "never seen", reason="crm_merge"))

    winner, event = Account.objects.live().get(), MergeEvent.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
        "outcome": "merged",
        "merge_id": event.name_outside,
        "winner": {"id": winner.name_outside, "external_id": "A", "version": 2},
        "moved": {"contacts": 1},
    }
    assert (Contact.objects.get().account, event.reason) == (winner, "crm_merge")
    assert SecurityLog.objects.get(event="account.merged").object_id == winner.name_outside


def test_every_old_id_reads_as_the_winner(crm_caller):
    merge(crm_caller, **order("A", "B", "never seen"))

    for name in ("B", "never seen"):
        read = crm_caller.get(f"/api/v1/accounts/by-external-id/{name}").json()
        assert (read["external_id"], read["requested_external_id"], read["merged"]) == ("A", name, True)


def test_our_id_of_a_loser_reads_as_the_winner_for_good(crm_caller):
    loser, winner = (crm_caller.get(f"/api/v1/accounts/by-external-id/{name}").json()["id"] for name in "BA")
    bulk(crm_caller, "accounts", [item("Z", 1, {"name": "Last"})])
    last = crm_caller.get("/api/v1/accounts/by-external-id/Z").json()["id"]
    merge(crm_caller, **order("A", "B"))
    merge(crm_caller, **order("Z", "A"))

    read = crm_caller.get(f"/api/v1/accounts/{loser}").json()
    crm_caller.delete("/api/v1/accounts/by-external-id/Z?source_updated_at=2026-01-01T00:00:30Z")

    assert (read["id"], read["requested_id"], read["merged"]) == (last, loser, True)
    assert crm_caller.get(f"/api/v1/accounts/{winner}").json()["code"] == "deleted"


def test_a_new_id_stands_for_the_winner(crm_caller):
    answer = merge(crm_caller, **order("A", "B", result_external_id="AB"))

    assert answer.json()["winner"]["external_id"] == "AB"


def test_the_same_merge_again_is_unchanged_and_the_same_key_answers_the_same(crm_caller):
    first = merge(crm_caller, key="once", **order("A", "B"))
    replayed = merge(crm_caller, key="once", **order("A", "B"))
    again = merge(crm_caller, **order("A", "B"))

    assert (replayed.content, replayed["Idempotency-Replayed"]) == (first.content, "true")
    assert (again.json()["outcome"], again.json()["merge_id"], again.json()["moved"]) == ("unchanged", None, {})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (order("X", "B"), 404, "unknown_external_id"),
        (order("A", "A"), 409, "merge_cycle"),
        (order("C", "B"), 409, "merge_type_mismatch"),
    ],
)
def test_refusals_have_their_code_and_change_nothing(crm_caller, body, status, code):
    answer = merge(crm_caller, **body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not MergeEvent.objects.exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"winner": "A"}, ("invalid_relation", "/winner")),
        ({"losers": []}, ("invalid_losers", "/losers")),
        ({"losers": [{"external_id": " B"}]}, ("invalid_external_id", "/losers/0/external_id")),
        ({"result_external_id": 5}, ("invalid_type", "/result_external_id")),
        ({"source_updated_at": "yesterday"}, ("invalid_datetime", "/source_updated_at")),
        ({"reason": "x" * 61}, ("too_long", "/reason")),
        ({"why": "x"}, ("unknown_field", "/why")),
    ],
)
def test_what_is_wrong_is_pointed_at(crm_caller, change, expected):
    answer = merge(crm_caller, **{**order("A", "B"), **change})

    assert answer.status_code == 422
    assert [(error["code"], error["pointer"]) for error in answer.json()["errors"]] == [expected]


def test_a_merge_without_key_is_refused(crm_caller):
    answer = crm_caller.post("/api/v1/accounts/merge", json.dumps(order("A", "B")), content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "missing_idempotency_key")


def test_a_merge_needs_the_write_scope(caller):
    answer = merge(caller("accounts:read"), **order("A", "B"))

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


# --- Deletes that are merges ---------------------------------------------------------------------------------
GONE = {"op": "delete", "merged_into_external_id": "A"}


def test_delete_in_a_batch_may_name_the_winner(crm_caller):
    answer = bulk(
        crm_caller, "accounts", [item("B", 10, **GONE), item("D", 1, **GONE | {"merged_into_external_id": "X"})]
    )

    merged, unknown = answer.json()["results"]
    winner = Account.objects.live().get()
    assert (merged["status"], merged["outcome"], merged["applied"]) == (200, "redirected", True)
    assert merged["merged_into"] == {"id": winner.name_outside, "external_id": "A"}
    assert (unknown["status"], unknown["errors"][0]["code"]) == (404, "unknown_external_id")
    assert unknown["errors"][0]["pointer"] == "/items/1/merged_into_external_id"
    assert crm_caller.get("/api/v1/accounts/by-external-id/B").json()["merged"] is True


def test_single_delete_may_name_the_winner(crm_caller):
    address = "/api/v1/accounts/by-external-id/B?source_updated_at=2026-01-01T00:00:10Z&merged_into_external_id="

    refused = [crm_caller.delete(address + winner) for winner in ("X", "B", "%20")]
    answer = crm_caller.delete(f"{address}A")

    assert [(each.status_code, each.json()["code"]) for each in refused] == [
        (404, "unknown_external_id"),
        (409, "merge_cycle"),
        (422, "validation_error"),
    ]
    assert refused[2].json()["errors"][0]["parameter"] == "merged_into_external_id"
    assert (answer.status_code, answer.json()["outcome"], answer.json()["applied"]) == (200, "redirected", True)
    assert MergeEvent.objects.get().loser_names == ["B"]
