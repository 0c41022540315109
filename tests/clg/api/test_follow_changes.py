"""The example of the integrator's guide, against a live server: its copy ends equal to what the lists say."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT
from advocacy.actions.activity import withdraw_activity
from advocacy.actions.attribution import attribute_changes
from clg.events.feed import start_epoch
from tests.advocacy.api.world import make_world
from tests.callers import make_client

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "follow_changes.py"
SCOPES = ("accounts:read", "opportunities:read", "attribution:read", "changes:read")
AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def source(crm):
    crm.ordering = "version"
    crm.save(update_fields=["ordering"])
    return crm


@pytest.fixture
def environment(live_server, source):
    client = make_client(source, *SCOPES)
    return {
        "CLG": live_server.url.replace("localhost", "127.0.0.1"),
        "CLIENT_ID": client.client_id,
        "CLIENT_SECRET": "a secret that only tests know",
        "no_proxy": "*",
    }


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copy.json"


def push(source, version, *items):
    raw = [{"source_version": str(version), **item} for item in items]
    answers = upsert(source=source, of=ACCOUNT, raw_items=raw, at=AT)
    assert [answer.errors for answer in answers] == [()] * len(items)


def names(*numbers, word="Company"):
    return [{"external_id": f"A{n}", "fields": {"name": f"{word} {n}"}} for n in numbers]


def example(environment, copy, *options):
    return subprocess.Popen([sys.executable, EXAMPLE, copy, *options], env=environment, stderr=subprocess.PIPE)


def caught_up(environment, copy):
    """The rows of the copy after the example has read to the end."""
    run = example(environment, copy, "--once")
    assert run.wait(60) == 0, run.stderr.read().decode()
    return json.loads(copy.read_text())["rows"]


def listed(caller):
    """What the lists hold now."""
    client, found = caller(*SCOPES), {}
    for kind, noun in [("account", "accounts"), ("opportunity", "opportunities"), ("attribution", "attributions")]:
        query = {"limit": 200} | ({} if kind == "attribution" else {"complete": "true,false"})
        body = client.get(f"/api/v1/{noun}", query).json()
        assert body["has_more"] is False
        found[kind] = {row["id"]: row for row in body["data"]}
    return found


def test_copy_is_equal_after_first_load_changes_kill_and_restore(environment, copy, source, caller):
    world = make_world()
    push(source, 1, *names(1, 2, 3))
    assert caught_up(environment, copy) == listed(caller)

    running = example(environment, copy)
    until = time.monotonic() + 30
    before = copy.stat().st_mtime_ns
    while copy.stat().st_mtime_ns == before and time.monotonic() < until:
        time.sleep(0.02)
    push(source, 2, *names(2, 4, word="Corporation"), {"external_id": "A3", "op": "delete"})
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    withdraw_activity(activity=world.call, reason="mistake", by=None, at=AT)
    attribute_changes(at=AT)
    rows = caught_up(environment, copy)

    assert rows["account"] == listed(caller)["account"]
    assert {row["name"] for row in rows["account"].values()} >= {"Company 1", "Corporation 2", "Corporation 4"}
    # The list shows the default models, the feed tells of all.
    shown = listed(caller)["attribution"]
    assert {key: row for key, row in rows["attribution"].items() if key in shown} == shown
    assert 2 in {row["version"] for row in shown.values()}

    push(source, 3, *names(1, word="Restored"))
    start_epoch()
    assert caught_up(environment, copy) == listed(caller)
