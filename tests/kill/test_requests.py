"""A keyed request whose process dies leaves all or nothing; sent again it is done once. `crm-sync` section 7."""

from __future__ import annotations

import json
import signal

import pytest

from clg.models import IdempotencyKey, WebhookDelivery, WebhookEndpoint
from tests.kill.workers import ended, start

pytestmark = pytest.mark.django_db(transaction=True)
BODY = {"url": "http://127.0.0.1:9/hook", "event_types": ["account.*"]}


@pytest.fixture
def api(caller):
    return caller("webhooks:manage")


def register(api):
    headers = {"Idempotency-Key": "hook-1"}
    return api.post("/api/v1/webhook-endpoints", json.dumps(BODY), content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    ("point", "is_done"),
    [("idempotency_before_handler", False), ("idempotency_before_store", False), ("idempotency_after_commit", True)],
)
def test_killed_request_is_done_once_when_it_is_sent_again(api, point, is_done):
    assert ended(start(lambda: register(api), fail_at=f"{point}=kill")) == -signal.SIGKILL
    assert (WebhookEndpoint.objects.count(), IdempotencyKey.objects.count()) == (int(is_done), int(is_done))

    answer = register(api)

    assert (answer.status_code, "Idempotency-Replayed" in answer) == (201, is_done)
    assert answer.json()["secret"].startswith("whsec_")
    assert (WebhookEndpoint.objects.count(), WebhookDelivery.objects.count()) == (1, 1)
