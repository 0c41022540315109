"""Each row of the table of statuses: how it comes about, its code, whether to try again, and its place."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client

from accounts.models import Account
from clg.api import writing
from clg.events.feed import newest_place
from clg.models import FeedState
from tests.callers import bearer, make_client, make_token
from tests.factories.accounts import AccountFactory, ContactFactory, IdentityFactory

pytestmark = pytest.mark.django_db
API = "/api/v1"
EARLIER, LATER = "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"


class World:
    """A client with every scope, and one person; rows: account A, account B that was deleted, contact C."""

    def __init__(self, crm, api, person):
        self.crm, self.api, self.person = crm, api, person
        self.a = AccountFactory(name="Acme")
        IdentityFactory(source=crm, external_id="A", account=self.a)
        IdentityFactory(source=crm, object_type="contact", external_id="C", account=None, contact=ContactFactory())
        self.push("accounts", item("B"))
        self.push("accounts", item("B", second=2, op="delete"))

    def get(self, path, **headers):
        return self.api.get(f"{API}/{path}", headers=headers)

    def post(self, path, body, *, api=None, **headers):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return (api or self.api).post(f"{API}/{path}", text, content_type="application/json", headers=headers)

    def push(self, noun, *items, **more):
        return self.post(f"{noun}/bulk-upsert", {"items": items, **more})

    def patch(self, external_id, **fields):
        body = {"source_updated_at": LATER, "fields": fields}
        return self.api.patch(
            f"{API}/accounts/by-external-id/{external_id}", json.dumps(body), content_type="application/json"
        )

    def merge(self, winner, loser, key="k", noun="accounts"):
        order = {"winner": {"external_id": winner}, "losers": [{"external_id": loser}], "source_updated_at": LATER}
        return self.post(f"{noun}/merge", order, **({"Idempotency-Key": key} if key else {}))

    def endpoint(self):
        body = {"url": "http://127.0.0.1:9/hook", "event_types": ["account.*"]}
        return self.post("webhook-endpoints", body, **{"Idempotency-Key": "e"})

    def change_endpoint(self, method="patch", **headers):
        path = f"{API}/webhook-endpoints/{self.endpoint().json()['id']}"
        return getattr(self.api, method)(path, "{}", content_type="application/json", headers=headers)

    def job(self, then=None):
        made = self.post(
            "import-jobs",
            {"object": "accounts", "format": "csv", "preset": "salesforce_export"},
            **{"Idempotency-Key": "j"},
        )
        return made if then is None else self.post(f"import-jobs/{made.json()['id']}/{then}", {})

    def cursor_of_another_epoch(self):
        cursor = self.get("changes?from=now").json()["next_cursor"]
        FeedState.objects.update(epoch="00000000-0000-4000-8000-000000000000")
        return self.get(f"changes?cursor={cursor}")

    def same_key_twice(self):
        self.merge("A", "X")
        return self.merge("A", "Y")


def item(name, second=1, **more):
    return {"external_id": name, "source_updated_at": f"2026-01-01T00:00:0{second}Z", "fields": {"name": name}, **more}


@pytest.fixture
def world(crm, caller, session, nobody, settings):
    settings.CLG_ALLOW_LOOPBACK_TARGETS = True
    settings.API_RATES = {"read": (600, 500), "write": (600, 500)}
    return World(crm, caller(), session(nobody))


GOOD = {
    "a list": (lambda w: w.get("accounts"), 200),
    "a new row": (lambda w: w.patch("N", name="New"), 201),
    "a changed row": (lambda w: w.patch("A", name="Newer"), 200),
    "an endpoint": (lambda w: w.endpoint(), 201),
    "a ping": (lambda w: w.post(f"webhook-endpoints/{w.endpoint().json()['id']}/ping", {}), 202),
    "a deleted endpoint": (lambda w: w.change_endpoint("delete", **{"If-Match": '"v1"'}), 204),
    "a held version": (lambda w: w.get(f"accounts/{w.a.name_outside}", **{"If-None-Match": '"v1"'}), 304),
    "a batch of good ones": (lambda w: w.push("accounts", item("N")), 207),
    "a batch of bad ones": (lambda w: w.push("accounts", {}), 207),
    "all or none, all": (lambda w: w.push("accounts", item("N"), all_or_none=True), 200),
    "all or none, none": (lambda w: w.push("accounts", item("N"), {}, all_or_none=True), 422),
}
# How, status, code, retryable, and the pointer, parameter or header it names.
BAD = {
    "broken JSON": (lambda w: w.post("accounts/bulk-upsert", "{"), 400, "malformed_json", False, None),
    "a key twice": (
        lambda w: w.post("accounts/bulk-upsert", '{"items": [], "items": []}'),
        400,
        "malformed_json",
        False,
        None,
    ),
    "not a number": (lambda w: w.post("accounts/bulk-upsert", '{"items": NaN}'), 400, "malformed_json", False, None),
    "no UTF-8": (lambda w: w.post("accounts/bulk-upsert", b'{"items": "\xff"}'), 400, "malformed_json", False, None),
    "an unknown parameter": (lambda w: w.get("accounts?colour=red"), 400, "unknown_parameter", False, "colour"),
    "a bad value of one": (lambda w: w.get("accounts?limit=0"), 400, "invalid_parameter", False, "limit"),
    "an altered cursor": (lambda w: w.get("accounts?cursor=abc"), 400, "invalid_cursor", False, None),
    "no key": (lambda w: w.merge("A", "X", key=""), 400, "missing_idempotency_key", False, None),
    "no token": (lambda w: Client().get(f"{API}/accounts"), 401, "not_authenticated", False, None),
    "an old token": (
        lambda w: bearer(make_token(make_client(w.crm, "accounts:read"), expires_in=-dt.timedelta(hours=1))).get(
            f"{API}/accounts"
        ),
        401,
        "token_expired",
        False,
        None,
    ),
    "no scope": (
        lambda w: bearer(make_token(make_client(w.crm, "contacts:read"))).get(f"{API}/accounts"),
        403,
        "missing_scope",
        False,
        None,
    ),
    "a person who pushes": (
        lambda w: w.post("accounts/bulk-upsert", {"items": [item("N")]}, api=w.person),
        403,
        "client_required",
        False,
        None,
    ),
    "no right": (lambda w: w.person.get(f"{API}/accounts"), 403, "permission_denied", False, None),
    "an unknown row": (lambda w: w.get("accounts/acc_" + "0" * 32), 404, "not_found", False, None),
    "an unknown address": (lambda w: w.get("nothing"), 404, "not_found", False, None),
    "a deleted row": (lambda w: w.get("accounts/by-external-id/B"), 404, "deleted", False, None),
    "an unknown winner": (lambda w: w.merge("?", "A"), 404, "unknown_external_id", False, None),
    "a wrong method": (lambda w: w.api.delete(f"{API}/accounts"), 405, "method_not_allowed", False, None),
    "media nobody writes": (lambda w: w.get("accounts", accept="text/html"), 406, "not_acceptable", False, None),
    "a body too long": (
        lambda w: w.post("accounts/bulk-upsert", '"' + "x" * (1 << 20) + '"'),
        413,
        "body_too_large",
        False,
        None,
    ),
    "media nobody reads": (
        lambda w: w.api.post(f"{API}/accounts/bulk-upsert", "a=1", content_type="text/plain"),
        415,
        "unsupported_media_type",
        False,
        None,
    ),
    "a merge with itself": (lambda w: w.merge("A", "A"), 409, "merge_cycle", False, None),
    "a step out of turn": (lambda w: w.job("start"), 409, "invalid_transition", False, None),
    "a cursor of before": (lambda w: w.cursor_of_another_epoch(), 410, "cursor_expired", False, None),
    "an old version": (lambda w: w.change_endpoint(**{"If-Match": '"v9"'}), 412, "version_mismatch", False, None),
    "a weak version": (lambda w: w.change_endpoint(**{"If-Match": 'W/"v1"'}), 412, "version_mismatch", False, None),
    "any version": (lambda w: w.change_endpoint(**{"If-Match": "*"}), 412, "version_mismatch", False, None),
    "no version": (lambda w: w.change_endpoint(), 428, "if_match_required", False, None),
    "a bad field": (lambda w: w.patch("A", website="ftp://x"), 422, "validation_error", False, "/fields/website"),
    "half a character": (
        lambda w: w.post("accounts/bulk-upsert", '{"items": ["\\ud800"]}'),
        422,
        "invalid_text",
        False,
        None,
    ),
    "no items": (lambda w: w.push("accounts"), 422, "too_few_items", False, None),
    "201 items": (lambda w: w.push("accounts", *([item("N")] * 201)), 422, "too_many_items", False, None),
    "another body under a key": (lambda w: w.same_key_twice(), 422, "idempotency_key_reused", False, None),
}


@pytest.mark.parametrize(("call", "status"), GOOD.values(), ids=GOOD)
def test_good_answers(world, call, status):
    assert call(world).status_code == status


@pytest.mark.parametrize(("call", "status", "code", "retryable", "place"), BAD.values(), ids=BAD)
def test_refusals(world, call, status, code, retryable, place):
    answer = call(world)

    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["retryable"] is retryable
    places = [each.get(kind) for each in body.get("errors", []) for kind in ("pointer", "parameter", "header")]
    assert place is None or place in [*places, body.get("parameter")]
    assert body["request_id"] == answer.headers["X-Request-ID"]


BAD_ITEMS = {
    "no object": ("accounts", 5, 422, "invalid_type", ""),
    "no id": ("accounts", {"source_updated_at": EARLIER}, 422, "invalid_type", "/external_id"),
    "an id with a line": ("accounts", item("a\nb"), 422, "invalid_external_id", "/external_id"),
    "an id too long": ("accounts", item("x" * 256), 422, "invalid_external_id", "/external_id"),
    "no clock": ("accounts", {"external_id": "N"}, 422, "required", "/source_updated_at"),
    "a clock before 1970": (
        "accounts",
        item("N") | {"source_updated_at": "1969-12-31T23:59:59Z"},
        422,
        "invalid_datetime",
        "/source_updated_at",
    ),
    "a clock ahead": (
        "accounts",
        item("N") | {"source_updated_at": "2999-01-01T00:00:00Z"},
        422,
        "source_timestamp_in_future",
        "/source_updated_at",
    ),
    "an unknown op": ("accounts", item("N", op="drop"), 422, "invalid_choice", "/op"),
    "an unknown field": ("accounts", item("N", fields={"colour": 1}), 422, "unknown_field", "/fields/colour"),
    "our own field": ("accounts", item("N", fields={"version": 1}), 422, "read_only_field", "/fields/version"),
    "a wrong type": ("accounts", item("N", fields={"name": 1}), 422, "invalid_type", "/fields/name"),
    "a text too long": ("accounts", item("N", fields={"name": "x" * 256}), 422, "too_long", "/fields/name"),
    "a wrong country": ("accounts", item("N", fields={"country": "ZZ"}), 422, "invalid_country", "/fields/country"),
    "too many employees": (
        "accounts",
        item("N", fields={"employees": 10_000_001}),
        422,
        "out_of_range",
        "/fields/employees",
    ),
    "an unknown word": (
        "accounts",
        item("N", fields={"lifecycle": "gone"}),
        422,
        "invalid_choice",
        "/fields/lifecycle",
    ),
    "a wrong day": (
        "accounts",
        item("N", fields={"renewal_on": "2026-02-30"}),
        422,
        "invalid_date",
        "/fields/renewal_on",
    ),
    "a wrong moment": (
        "accounts",
        item("N", fields={"last_sales_activity_at": "noon"}),
        422,
        "invalid_datetime",
        "/fields/last_sales_activity_at",
    ),
    "a row of nobody": (
        "accounts",
        item("N", relations={"parent": {"id": "acc_" + "0" * 32}}),
        422,
        "unknown_relation",
        "/relations/parent",
    ),
    "a relation by text": (
        "accounts",
        item("N", relations={"parent": "A"}),
        422,
        "invalid_relation",
        "/relations/parent",
    ),
    "its own parent": (
        "accounts",
        item("N", relations={"parent": {"external_id": "N"}}),
        422,
        "relation_cycle",
        "/relations/parent",
    ),
    "nothing to update": ("accounts", item("N", op="update_only"), 404, "not_found", "/external_id"),
    "a deleted one to update": ("accounts", item("B", second=3, op="update_only"), 404, "not_found", "/external_id"),
    "a wrong address": ("contacts", item("N", fields={"email": "a b"}), 422, "invalid_email", "/fields/email"),
    "a wrong language": ("contacts", item("N", fields={"language": "?"}), 422, "invalid_language", "/fields/language"),
    "an amount alone": (
        "opportunities",
        item("N", fields={"amount": "1"}),
        422,
        "currency_required",
        "/fields/currency",
    ),
    "an amount in words": (
        "opportunities",
        item("N", fields={"amount": "much", "currency": "EUR"}),
        422,
        "invalid_decimal",
        "/fields/amount",
    ),
    "a wrong currency": (
        "opportunities",
        item("N", fields={"amount": "1", "currency": "XXQ"}),
        422,
        "invalid_currency",
        "/fields/currency",
    ),
}


@pytest.mark.parametrize(("noun", "odd", "status", "code", "pointer"), BAD_ITEMS.values(), ids=BAD_ITEMS)
def test_refused_items_fail_alone(world, noun, odd, status, code, pointer):
    answer = world.push(noun, odd, item("good", fields={}))

    bad, good = answer.json()["results"]
    assert (answer.status_code, bad["outcome"], bad["status"], good["outcome"]) == (207, "failed", status, "created")
    assert (code, f"/items/0{pointer}", False) in [(e["code"], e["pointer"], e["retryable"]) for e in bad["errors"]]


def test_item_of_an_undone_batch_may_be_sent_again(world):
    kept, bad = world.push("accounts", item("N"), {}, all_or_none=True).json()["results"]

    assert [(each["outcome"], each["status"]) for each in (kept, bad)] == [("rolled_back", 424), ("failed", 422)]
    assert not Account.objects.filter(name="N").exists()


def test_an_id_of_another_kind_is_no_loser(world):
    world.crm.kind = "salesforce"
    world.crm.save(update_fields=["kind"])

    answer = world.merge("A", "C")

    assert (answer.status_code, answer.json()["code"]) == (409, "merge_type_mismatch")


def test_quota_says_when_to_come_back(world, settings):
    settings.API_RATES = {"read": (1, 1), "write": (1, 1)}
    caller = bearer(make_token(make_client(world.crm, "accounts:read")))
    caller.get(f"{API}/accounts")

    refused = caller.get(f"{API}/accounts")

    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (429, "rate_limited", True)
    assert int(refused["Retry-After"]) >= refused.json()["retry_after_seconds"] >= 1
    assert newest_place().position > 0


def test_fifth_bulk_call_at_once_waits(world, monkeypatch):
    monkeypatch.setattr(writing, "_PLACE", "SELECT 1, NULL::int")

    refused = world.push("accounts", item("N"))

    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (
        429,
        "too_many_parallel",
        True,
    )
    assert refused["Retry-After"]
