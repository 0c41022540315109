"""Pushing accounts, contacts and deals over HTTP: the batch, the single row, what is refused. `crm-sync` 1, 3, 5, 7."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from psycopg.errors import DeadlockDetected

from accounts.api import push
from accounts.models import Account, Contact, ExternalIdentity, Opportunity
from clg.api import writing
from clg.api.bulk import OUTCOMES, BatchResultOutput, ItemResultOutput
from clg.api.rates import bucket_key, limit_named
from clg.models import IdempotencyKey, OutboxEvent, RateBucket
from tests.callers import bearer, make_client, make_token
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db

NOUNS = ["accounts", "contacts", "opportunities"]
# What the documents promise of every result.
ALWAYS = {name for name, field in ItemResultOutput().fields.items() if field.required}
CLOCK = "2026-01-01T00:00:{:02d}Z"


def item(name, second=1, fields=None, **more):
    return {"external_id": name, "source_updated_at": CLOCK.format(second), "fields": fields or {}, **more}


def bulk(caller, noun, items, **more):
    body = {"items": items, **more}
    return caller.post(f"/api/v1/{noun}/bulk-upsert", json.dumps(body), content_type="application/json")


def patch(caller, noun, name, body, **headers):
    address = f"/api/v1/{noun}/by-external-id/{name}"
    return caller.patch(address, json.dumps(body), content_type="application/json", **headers)


def outcomes(answer):
    return [result["outcome"] for result in answer.json()["results"]]


def errors(answer, place=0):
    return [(error["code"], error["pointer"]) for error in answer.json()["results"][place]["errors"]]


# --- The batch -----------------------------------------------------------------------------------------------
def test_batch_answers_in_the_documented_shape(caller):
    sent = [
        {
            "external_id": "003A",
            "op": "upsert",
            "source_updated_at": "2026-11-20T09:15:02.000Z",
            "trace_id": "row-17",
            "fields": {"first_name": "Ana", "last_name": "Silva", "email": "ana@acme.example", "title": None},
            "relations": {"account": {"external_id": "001A"}},
        }
    ]

    answer = bulk(caller("contacts:write"), "contacts", sent)

    contact = Contact.objects.get()
    assert answer.status_code == 207
    assert answer.json() == {
        "request_id": answer["X-Request-ID"],
        "counts": {**dict.fromkeys(OUTCOMES, 0), "created": 1},
        "results": [
            {
                "index": 0,
                "trace_id": "row-17",
                "external_id": "003A",
                "id": contact.name_outside,
                "status": 201,
                "outcome": "created",
                "version": 1,
                "complete": True,
                "applied_fields": ["account", "email", "first_name", "last_name", "title"],
                "stale_fields": [],
                "ignored_fields": [],
                "errors": [],
            }
        ],
    }
    assert set(answer.json()) == set(BatchResultOutput().fields)
    assert set(answer.json()["results"][0]) == ALWAYS
    assert (contact.account.complete, contact.account.name) == (False, "")


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_creates_updates_and_tells_what_is_old(caller, noun):
    crm = caller(f"{noun}:write")
    field = "last_name" if noun == "contacts" else "name"

    assert outcomes(bulk(crm, noun, [item("A", 5, {field: "First"})])) == ["created"]
    again = bulk(crm, noun, [item("A", 5, {field: "First"}), item("B", 5, op="delete")])
    assert outcomes(again) == ["unchanged", "deleted"]
    late = bulk(crm, noun, [item("A", 4, {field: "Older"}), item("B", 4, op="restore"), item("C", 1, op="update_only")])
    assert outcomes(late) == ["stale", "stale", "failed"]
    assert (late.json()["results"][0]["stale_fields"], late.json()["results"][2]["status"]) == ([field], 404)
    newer = bulk(crm, noun, [item("A", 6, {field: "Second"}), item("B", 6, op="restore")])
    assert outcomes(newer) == ["updated", "restored"]
    assert [result["status"] for result in newer.json()["results"]] == [200, 200]


def test_client_may_have_its_batches_answered_200(crm):
    client = bearer(make_token(make_client(crm, "accounts:write", batch_status=200)))

    assert bulk(client, "accounts", [item("A"), item("B", 1, {"website": "nope"})]).status_code == 200


@pytest.mark.parametrize("bad", [1, 100, 199])
def test_bad_items_fail_with_their_pointers_and_the_good_ones_are_stored(caller, bad):
    sent = [item(f"A{n}", 1, {"website": "nope"} if n < bad else {"name": f"N{n}"}) for n in range(200)]

    answer = bulk(caller("accounts:write"), "accounts", sent)

    assert answer.status_code == 207
    assert (answer.json()["counts"]["failed"], answer.json()["counts"]["created"]) == (bad, 200 - bad)
    assert errors(answer, bad - 1) == [("invalid_url", f"/items/{bad - 1}/fields/website")]
    assert answer.json()["results"][0]["status"] == 422
    assert Account.objects.count() == 200 - bad

    repaired = bulk(caller("accounts:write"), "accounts", [{**sent[n], "fields": {"name": "x"}} for n in range(bad)])
    assert repaired.json()["counts"]["created"] == bad


@pytest.mark.parametrize("bad", [0, 1, 199])
def test_all_or_none_stores_all_or_nothing(caller, bad):
    sent = [item(f"A{n}", 1, {"website": "nope"} if n < bad else {}) for n in range(200)]

    answer = bulk(caller("accounts:write"), "accounts", sent, all_or_none=True)

    assert answer.status_code == (422 if bad else 200)
    assert answer["Content-Type"] == "application/json"
    counts = answer.json()["counts"]
    assert (counts["failed"], counts["rolled_back"]) == (bad, 200 - bad if bad else 0)
    assert answer.json()["results"][199]["status"] == (424 if bad else 201)
    assert Account.objects.count() == (0 if bad else 200)


def test_an_id_twice_fails_every_time_also_beside_a_bad_one(caller):
    sent = [item("A"), item("B"), item("A", 2, {"website": "nope"})]

    answer = bulk(caller("accounts:write"), "accounts", sent)

    assert outcomes(answer) == ["failed", "created", "failed"]
    assert errors(answer, 0) == [("duplicate_in_request", "/items/0/external_id")]
    assert errors(answer, 2) == [
        ("duplicate_in_request", "/items/2/external_id"),
        ("invalid_url", "/items/2/fields/website"),
    ]


def test_short_and_long_form_of_a_salesforce_id_are_one(crm):
    crm.kind = "salesforce"
    crm.save()
    client = bearer(make_token(make_client(crm, "accounts:write", "accounts:read")))

    answer = bulk(client, "accounts", [item("001A0000006Vm9r"), item("001A0000006Vm9rIAC"), item("001A0000006Vm9rIAA")])

    assert [error["code"] for result in answer.json()["results"] for error in result["errors"]] == [
        "duplicate_in_request",
        "duplicate_in_request",
        "invalid_external_id",
    ]
    assert patch(client, "accounts", "001A0000006Vm9r", {"source_updated_at": CLOCK.format(1)}).json()[
        "external_id"
    ] == ("001A0000006Vm9rIAC")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ([], "invalid_type", ""),
        ({}, "required", "/items"),
        ({"items": {}}, "invalid_type", "/items"),
        ({"items": [{}], "all_or_none": "yes"}, "invalid_type", "/all_or_none"),
        ({"items": [{}], "a/b~": 1}, "unknown_field", "/a~1b~0"),
    ],
)
def test_frame_of_a_batch_is_checked(caller, body, code, pointer):
    answer = caller("accounts:write").post(
        "/api/v1/accounts/bulk-upsert", json.dumps(body), content_type="application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert [(e["code"], e["pointer"]) for e in answer.json()["errors"]] == [(code, pointer)]


@pytest.mark.parametrize(("count", "code"), [(0, "too_few_items"), (201, "too_many_items")])
def test_size_of_a_batch_is_bounded(caller, count, code):
    answer = bulk(caller("accounts:write"), "accounts", [item(f"A{n}") for n in range(count)])

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Account.objects.exists()


@pytest.mark.parametrize("odd", [5, None, "text", [], {}, {"external_id": 5}, {"external_id": "A", "op": []}])
def test_items_of_any_kind_are_answered(caller, odd):
    assert outcomes(bulk(caller("accounts:write"), "accounts", [odd, item("B")])) == ["failed", "created"]


@pytest.mark.parametrize("number", ["1e999999999", "-1e999999999", "1e-999999999", "1.5", "true"])
def test_endless_numbers_are_refused_at_once(caller, number):
    body = '{"items": [{"external_id": "A", "source_updated_at": "2026-01-01T00:00:01Z", "fields": {"employees": %s}}]}'

    answer = caller("accounts:write").post(
        "/api/v1/accounts/bulk-upsert", body % number, content_type="application/json"
    )

    assert errors(answer)[0][1] == "/items/0/fields/employees"


def test_body_over_a_mebibyte_is_refused(caller):
    answer = bulk(caller("accounts:write"), "accounts", [item("A", 1, {"name": "x" * (1 << 20)})])

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_other_media_are_refused(caller):
    answer = caller("accounts:write").post("/api/v1/accounts/bulk-upsert", "a,b", content_type="text/csv")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_relation_by_our_id_unknown_or_foreign_is_one_answer(caller):
    crm = caller("contacts:write")
    unknown = {"account": {"id": "acc_" + "0" * 32}}
    known = Account.objects.create(name="Acme")

    answer = bulk(
        crm,
        "contacts",
        [
            item("a", relations=unknown),
            item("b", relations={"account": {"id": "nonsense"}}),
            item("c", relations={"account": {"id": known.name_outside}}),
        ],
    )

    assert errors(answer, 0) == [("unknown_relation", "/items/0/relations/account")]
    assert errors(answer, 1) == [("unknown_relation", "/items/1/relations/account")]
    assert Contact.objects.get().account == known


# --- Who may -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("noun", NOUNS)
def test_only_clients_with_the_scope_of_the_noun_push(caller, session, administrator, noun):
    others = [f"{other}:write" for other in NOUNS if other != noun]
    stranger, person = caller(f"{noun}:read", *others), session(administrator)

    for who, code in ((stranger, "missing_scope"), (person, "client_required")):
        answers = [
            bulk(who, noun, [item("A")]),
            patch(who, noun, "A", {}),
            who.delete(f"/api/v1/{noun}/by-external-id/A"),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, code)] * 3
    assert not ExternalIdentity.objects.exists()


def test_one_source_does_not_reach_the_rows_of_another(caller):
    other = bearer(make_token(make_client(SourceFactory(slug="other"), "accounts:write")))
    bulk(other, "accounts", [item("A", 1, {"name": "Theirs"})])

    assert outcomes(bulk(caller("accounts:write"), "accounts", [item("A", 9, op="delete")])) == ["deleted"]
    assert Account.objects.get().deleted_at is None


# --- One row -------------------------------------------------------------------------------------------------
def test_single_upsert_answers_the_result_with_its_status(caller):
    crm = caller("accounts:write")
    body = {"source_updated_at": CLOCK.format(1), "trace_id": "t", "fields": {"name": "Acme"}}

    first, again = (patch(crm, "accounts", "a%2Fb", body) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["outcome"], again.json()["outcome"]) == ("created", "unchanged")
    assert (first.json()["external_id"], first.json()["trace_id"]) == ("a/b", "t")
    assert set(first.json()) == ALWAYS


def test_single_upsert_refuses_with_a_problem(caller):
    crm = caller("accounts:write")

    wrong = patch(crm, "accounts", "A", {"fields": {"website": "nope"}})
    other = patch(crm, "accounts", "A", {"external_id": "B", "source_updated_at": CLOCK.format(1)})
    absent = patch(crm, "accounts", "A", {"op": "update_only", "source_updated_at": CLOCK.format(1)})
    odd = patch(crm, "accounts", "A", [])

    assert (wrong.status_code, wrong["Content-Type"]) == (422, "application/problem+json")
    assert [(e["code"], e["pointer"]) for e in wrong.json()["errors"]] == [
        ("required", "/source_updated_at"),
        ("invalid_url", "/fields/website"),
    ]
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "external_id_mismatch")
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
    assert (odd.status_code, odd.json()["errors"][0]["code"]) == (422, "invalid_type")
    assert not ExternalIdentity.objects.exists()


def test_delete_by_clock_then_reading_says_deleted(caller):
    crm = caller("accounts:write", "accounts:read")
    bulk(crm, "accounts", [item("A", 5, {"name": "Acme"})])

    old = crm.delete("/api/v1/accounts/by-external-id/A?source_updated_at=2026-01-01T00:00:04Z")
    new = crm.delete("/api/v1/accounts/by-external-id/A?source_updated_at=2026-01-01T01:00:06%2B01:00")

    assert [(answer.status_code, answer.json()["outcome"]) for answer in (old, new)] == [
        (200, "stale"),
        (200, "deleted"),
    ]
    assert (crm.get("/api/v1/accounts/by-external-id/A").json()["code"]) == "deleted"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, "required"),
        ("?source_updated_at=yesterday", 400, "invalid_parameter"),
        ("?source_updated_at=2999-01-01T00:00:00Z", 422, "source_timestamp_in_future"),
        ("?reason=x", 400, "unknown_parameter"),
    ],
)
def test_delete_names_the_parameter_that_is_wrong(caller, query, status, code):
    answer = caller("accounts:write").delete(f"/api/v1/accounts/by-external-id/A{query}")

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["parameter"] == query[1:].split("=")[0] or "source_updated_at"
    assert not ExternalIdentity.objects.exists()


def test_delete_at_a_version_source():
    source = SourceFactory(ordering="version")
    crm = bearer(make_token(make_client(source, "accounts:write")))

    answer = crm.delete("/api/v1/accounts/by-external-id/A?source_version=7.10")

    assert (answer.status_code, answer.json()["outcome"], answer.json()["id"]) == (200, "deleted", None)
    assert ExternalIdentity.objects.get().clock == [7, 10]


# --- Echo ----------------------------------------------------------------------------------------------------
def test_events_carry_the_client_the_source_and_each_items_trace(crm):
    client = make_client(crm, "accounts:write")
    caller = bearer(make_token(client))

    bulk(caller, "accounts", [item("A", 1, {"name": "A"}, trace_id="one"), item("B", 1, {"name": "B"}, trace_id="two")])

    origins = OutboxEvent.objects.order_by("id").values_list("origin_kind", "origin_source", "origin_actor", "trace_id")
    assert list(origins) == [("client", "crm", f"client:{client.pk}", trace) for trace in ("one", "two")]


def test_two_systems_that_replay_each_other_settle(caller, crm):
    """Each sends what the other stored, with a newer clock: equal values make no event for the other to replay."""
    caller = caller("accounts:write")
    bulk(caller, "accounts", [item("A", 1, {"name": "Acme"})])
    before = OutboxEvent.objects.count()

    for second in (2, 3):
        assert outcomes(bulk(caller, "accounts", [item("A", second, {"name": "Acme"})])) == ["unchanged"]

    assert OutboxEvent.objects.count() == before
    assert Account.objects.get().version == 1


# --- Keys, quotas, crowds ------------------------------------------------------------------------------------
def test_key_replays_the_batch_byte_for_byte(caller):
    crm = caller("accounts:write")
    body = json.dumps({"items": [item("A", 1, {"name": "Acme"})]})

    def send(text):
        return crm.post(
            "/api/v1/accounts/bulk-upsert", text, content_type="application/json", headers={"idempotency-key": "k"}
        )

    first, again, other = send(body), send(body), send(body.replace("Acme", "Other"))

    assert (first.status_code, first.content) == (again.status_code, again.content) == (207, first.content)
    assert (again["Idempotency-Replayed"], again["X-Request-ID"] != first["X-Request-ID"]) == ("true", True)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Account.objects.get().name == "Acme"


def test_failed_single_upsert_is_stored_under_its_key(caller):
    crm = caller("accounts:write")

    first, again = (
        patch(crm, "accounts", "A", {"fields": {"website": "nope"}}, headers={"idempotency-key": "k"}) for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (422, 422)
    assert (first.content, again["Idempotency-Replayed"]) == (again.content, "true")


@pytest.mark.parametrize(("items", "cost"), [(1, 2), (50, 2), (51, 3), (200, 5)])
def test_batch_costs_by_its_items(crm, items, cost):
    client = make_client(crm, "accounts:write")

    answer = bulk(bearer(make_token(client)), "accounts", [item(f"A{n}") for n in range(items)])

    limit = limit_named("write")
    left = RateBucket.objects.get(key=bucket_key("write", f"client:{client.pk}")).tokens
    assert limit.burst - cost <= left < limit.burst - cost + 1
    assert f'"write";r={limit.burst - cost}' in answer["RateLimit"]


def test_batch_over_the_quota_is_refused_whole(caller, settings):
    settings.API_RATES = {**settings.API_RATES, "write": (1, 8)}
    crm = caller("accounts:write")
    bulk(crm, "accounts", [item("A", 1, {"website": "nope"}) for n in range(200)])

    answer = bulk(crm, "accounts", [item(f"A{n}") for n in range(200)])

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert {"limit", "remaining", "retry_after_seconds"} <= set(answer.json())
    assert not Account.objects.exists()


def failing(sqlstate_error, times, then):
    """A stand-in for the engine that loses so many races before it goes on."""
    left = [times]

    def run(**given):
        if left[0]:
            left[0] -= 1
            with connection.cursor():
                raise OperationalError from sqlstate_error
        return then(**given)

    return run


def test_lost_races_are_tried_again(caller, monkeypatch):
    monkeypatch.setattr(push, "upsert", failing(DeadlockDetected(), writing.TRIES - 1, push.upsert))

    assert outcomes(bulk(caller("accounts:write"), "accounts", [item("A")])) == ["created"]


def test_races_lost_three_times_are_busy(caller, monkeypatch):
    monkeypatch.setattr(push, "upsert", failing(DeadlockDetected(), writing.TRIES, push.upsert))

    answer = bulk(caller("accounts:write"), "accounts", [item("A")])

    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (503, "busy", True)
    assert answer["Retry-After"]
    assert not IdempotencyKey.objects.exists()
    assert not Account.objects.exists()


# --- Statements ----------------------------------------------------------------------------------------------
def mixed(noun, count, second):
    """Every outcome in one batch: new, changed, old, gone, back, unknown, and one that is wrong."""
    kinds = [
        lambda n: item(f"n{second}-{n}", second, relations=related(noun, f"new{second}-{n}")),
        lambda n: item(f"x{n}", second, {"name" if noun != "contacts" else "last_name": f"N{second}"}),
        lambda n: item(f"x{n}", 0, {"name" if noun != "contacts" else "last_name": "Old"}),
        lambda n: item(f"x{n}", second, op="delete"),
        lambda n: item(f"x{n}", second, op="update_only"),
        lambda n: item(f"x{n}", second, {"nonsense": 1}),
    ]
    return [kinds[n % len(kinds)](n) for n in range(count)]


def related(noun, name):
    if noun == "accounts":
        return {"parent": {"external_id": name}}
    deals = {"contacts": [{"external_id": name}]} if noun == "opportunities" else {}
    return {"account": {"external_id": name}, **deals}


@pytest.mark.parametrize(("noun", "most"), [("accounts", 25), ("contacts", 25), ("opportunities", 40)])
def test_statements_of_a_call_do_not_grow_with_its_items(caller, noun, most, settings):
    settings.API_RATES = {**settings.API_RATES, "write": (60000, 60000)}
    crm = caller(f"{noun}:write")
    bulk(crm, noun, [item(f"x{n}", 1) for n in range(200)])
    counts = []
    for size, second in ((2, 2), (200, 3)):
        with CaptureQueriesContext(connection) as queries:
            bulk(crm, noun, mixed(noun, size, second))
        # Savepoints are the test's: what begins and ends a transaction elsewhere.
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries))

    assert counts[0] == counts[1] <= most


def test_deal_of_a_batch_has_its_people_and_stage(caller):
    people = {"account": {"external_id": "A"}, "contacts": [{"external_id": "c", "role": "Boss", "is_primary": True}]}

    answer = bulk(caller("opportunities:write"), "opportunities", [item("o", 1, {"stage": "One"}, relations=people)])

    assert answer.json()["results"][0]["applied_fields"] == ["account", "contacts", "outcome", "stage"]
    assert [role.role for role in Opportunity.objects.get().contact_roles.all()] == ["Boss"]
