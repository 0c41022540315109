"""`/webhook-endpoints`: register, change by version, ping, rotate, replay, and what one may see."""

from __future__ import annotations

import json

import pytest
from standardwebhooks import Webhook

from clg.actions.delivery import deliver_due
from clg.choices import EndpointState
from clg.crypto import decrypt
from clg.models import WebhookDelivery, WebhookEndpoint
from tests.clg.actions.webhooks import Clock, happen
from tests.receiver import receiving

pytestmark = pytest.mark.django_db
PATH = "/api/v1/webhook-endpoints"
URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def api(caller):
    return caller("webhooks:manage", "accounts:read")


def send(api, method, path, body=None, **headers):
    call = getattr(api, method)
    content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return call(path, **content, headers=headers)


def register(api, key="k1", **fields):
    body = {"url": URL, "event_types": ["account.*"], **fields}
    return send(api, "post", PATH, body, **{"Idempotency-Key": key})


def test_registered_endpoint_is_told_after_its_ping(api):
    with receiving() as receiver:
        made = register(api, url=receiver.url)
        assert made.status_code == 201
        assert (made.json()["state"], made["ETag"]) == ("pending", '"v1"')
        clock = Clock()
        deliver_due(clock=clock, seconds=20)
        happen()
        deliver_due(clock=clock, seconds=20)

        for call in receiver.calls:
            Webhook(made.json()["secret"]).verify(call.body, call.headers)
        path = f"{PATH}/{made.json()['id']}"
        told = send(api, "get", f"{path}/deliveries").json()["data"]

    assert [row["type"] for row in told] == ["webhook.ping", "account.updated"]
    assert [row["message_id"] for row in told] == receiver.ids()
    read = send(api, "get", path).json()
    assert read["state"] == "active"
    assert "secret" not in read


def test_repeated_registration_is_one_endpoint_with_one_secret(api):
    first, second = register(api), register(api)

    assert second.content == first.content
    assert second["Idempotency-Replayed"] == "true"
    assert decrypt(bytes(WebhookEndpoint.objects.get().secret)).decode() == first.json()["secret"]


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"url": "https://127.0.0.1/"}, "url_not_allowed", "/url"),
        ({"url": 7}, "invalid_type", "/url"),
        ({"event_types": []}, "too_few_items", "/event_types"),
        ({"event_types": ["account.*", "nothing.*"]}, "invalid_choice", "/event_types/1"),
        ({"event_types": ["account.flown"]}, "invalid_choice", "/event_types/0"),
        ({"event_types": "account.*"}, "invalid_type", "/event_types"),
        ({"exclude_own": 1}, "invalid_type", "/exclude_own"),
        ({"secret": "mine"}, "unknown_field", "/secret"),
        ({"state": "active"}, "unknown_field", "/state"),
        ({"description": "x" * 201}, "invalid_value", "/description"),
    ],
)
def test_wrong_value_is_pointed_to_and_nothing_is_stored(api, fields, code, pointer):
    answer = register(api, **fields)

    assert answer.status_code == 422
    assert [(e["code"], e["pointer"]) for e in answer.json()["errors"]] == [(code, pointer)]
    assert not WebhookEndpoint.objects.exists()


def test_registration_needs_a_key(api):
    answer = send(api, "post", PATH, {"url": URL, "event_types": ["account.*"]})

    assert (answer.status_code, answer.json()["code"]) == (400, "missing_idempotency_key")


def test_change_and_delete_by_version(api):
    path = f"{PATH}/{register(api).json()['id']}"

    assert send(api, "patch", path, {"description": "x"}).status_code == 428
    assert send(api, "patch", path, {"description": "x"}, **{"If-Match": 'W/"v1"'}).status_code == 412
    changed = send(api, "patch", path, {"description": "x"}, **{"If-Match": '"v1"'})
    assert (changed.status_code, changed["ETag"], changed.json()["description"]) == (200, '"v2"', "x")
    stale = send(api, "delete", path, **{"If-Match": '"v1"'})
    assert (stale.status_code, stale.json()["current_version"]) == (412, 2)
    assert send(api, "delete", path, **{"If-Match": '"v2"'}).status_code == 204
    assert not WebhookEndpoint.objects.exists()


def test_rotation_shows_another_secret(api):
    made = register(api).json()

    turned = send(api, "post", f"{PATH}/{made['id']}/rotate-secret").json()

    assert turned["secret"] != made["secret"]
    assert turned["former_secret_until"] is not None


def test_replay_of_a_range_and_of_deliveries(api):
    made = register(api).json()
    path = f"{PATH}/{made['id']}/replay"
    waits = send(api, "post", path, {"from_position": 1, "to_position": 2}, **{"Idempotency-Key": "a"})
    assert (waits.status_code, waits.json()["code"]) == (409, "invalid_transition")
    WebhookEndpoint.objects.update(state=EndpointState.ACTIVE)
    happen(count=2)

    ranged = send(api, "post", path, {"from_position": 2, "to_position": 9}, **{"Idempotency-Key": "b"})
    chosen = WebhookDelivery.objects.filter(event__isnull=False).first().name_outside
    listed = send(api, "post", path, {"delivery_ids": [chosen]}, **{"Idempotency-Key": "c"})
    both = send(api, "post", path, {"delivery_ids": [chosen], "to_position": 1}, **{"Idempotency-Key": "d"})

    assert (ranged.status_code, ranged.json()) == (202, {"deliveries": 1})
    assert listed.json() == {"deliveries": 1}
    assert both.status_code == 422


def test_ping_is_taken(api):
    made = register(api).json()

    answer = send(api, "post", f"{PATH}/{made['id']}/ping")

    assert (answer.status_code, answer.json()["type"], answer.json()["state"]) == (202, "webhook.ping", "pending")


def test_client_sees_its_own_endpoints_and_administrators_see_all(api, caller, session, administrator, seller):
    made = register(api).json()
    other = caller("webhooks:manage")

    assert send(other, "get", PATH).json()["data"] == []
    for method, path in [("get", ""), ("get", "/deliveries"), ("post", "/ping"), ("post", "/rotate-secret")]:
        assert send(other, method, f"{PATH}/{made['id']}{path}").status_code == 404
    assert [row["id"] for row in send(session(administrator), "get", PATH).json()["data"]] == [made["id"]]
    assert send(session(seller), "get", PATH).status_code == 403


def test_scope_is_needed(caller):
    assert send(caller("accounts:read"), "get", PATH).json()["code"] == "missing_scope"
