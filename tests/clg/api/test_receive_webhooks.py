"""The receiver of the integrator's guide: it believes what is signed, keeps each event once, and outlives a kill."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from clg.actions.delivery import deliver_due
from clg.actions.webhook import ping_endpoint, replay_range
from clg.events.messages import new_secret
from clg.models import WebhookDelivery
from tests.callers import make_client
from tests.clg.actions.webhooks import happen
from tests.factories.accounts import SourceFactory
from tests.factories.clg import make_endpoint
from tests.receiver import unused_port

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "receive_webhooks.py"
BODY = '{"type": "webhook.ping", "timestamp": "2026-11-22T12:00:00.000000Z", "data": {}}'


@pytest.fixture
def port():
    return unused_port()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "heard.ndjson"


@pytest.fixture
def start(port, file):
    """Start the example with a secret; every process ends with the test."""
    started = []

    def run(secret):
        command = [sys.executable, str(EXAMPLE), str(port), str(file)]
        started.append(subprocess.Popen(command, env={"WEBHOOK_SECRET": secret, "PATH": os.environ["PATH"]}))
        _wait_for(port)
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def _wait_for(port):
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def post(port, body, headers):
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/hook", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def signed(secret, key="evt_1", body=BODY):
    now = dt.datetime.now(dt.UTC)
    signature = Webhook(secret).sign(key, now, body)
    return {"webhook-id": key, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


def heard(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_only_what_is_signed_is_kept_and_each_event_once(port, file, start):
    secret = new_secret()
    start(secret)

    statuses = [
        post(port, BODY, signed(secret)),
        post(port, BODY, signed(secret)),
        post(port, BODY + " ", signed(secret, "evt_2")),
        post(port, BODY, signed(new_secret(), "evt_3")),
        post(port, BODY, signed(secret, "evt_4") | {"webhook-signature": "v1,nonsense"}),
        post(port, BODY, {}),
        post(port, b"x" * 30_000, {}),
    ]

    assert statuses == [204, 204, 401, 401, 401, 401, 413]
    assert [row["id"] for row in heard(file)] == ["evt_1"]


def test_killed_receiver_knows_what_it_heard(port, file, start):
    secret = new_secret()
    process = start(secret)
    post(port, BODY, signed(secret))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with file.open("a") as end:
        end.write('{"id": "evt_2", "ty')

    start(secret)

    assert [post(port, BODY, signed(secret, key)) for key in ("evt_1", "evt_2")] == [204, 204]
    assert [row["id"] for row in heard(file)] == ["evt_1", "evt_2"]


@pytest.mark.django_db
def test_our_deliveries_arrive_and_a_replay_is_noticed(port, file, start):
    owner = f"client:{make_client(SourceFactory(), 'accounts:read', 'webhooks:manage').pk}"
    made = make_endpoint(owner, f"http://127.0.0.1:{port}/hook")
    start(made.secret)
    ping_endpoint(endpoint=made.endpoint, by=owner)
    _send()
    events = happen(count=3)
    _send()

    replay_range(endpoint=made.endpoint, first=1, last=3, by=owner)
    _send()

    assert [row["type"] for row in heard(file)] == ["webhook.ping", *["account.updated"] * 3]
    assert [row["id"] for row in heard(file)[1:]] == [event.name_outside for event in events]
    assert set(WebhookDelivery.objects.values_list("status", "state")) == {(204, "done")}


def _send():
    # Behind what the database wrote, and near enough for the signature.
    deliver_due(clock=lambda: timezone.now() + dt.timedelta(seconds=1), seconds=30)
