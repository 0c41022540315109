"""The integrator's guide, run from its first line to its last against a live server."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import CrmSource, ExternalIdentity
from accounts.tasks import run_imports
from clg.events.sweep import run_round
from clg.models import WebhookEndpoint
from tests.advocacy.api.world import make_world
from tests.receiver import unused_port

GUIDE: Final = Path(__file__).parents[3] / "docs" / "api.md"
BLOCKS: Final = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
MANAGE: Final = ".venv/bin/python manage.py "
# What the reader fills in, the test hands over; and a refusal ends the script.
GIVEN: Final = re.compile(r"^(CLG|CLIENT_ID|CLIENT_SECRET|HOOK_PORT|HEARD)=.*$", re.MULTILINE)
PRELUDE: Final = """
set -euo pipefail
curl() { command curl --fail-with-body --noproxy '*' "$@"; }
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
"""


def commands() -> list[list[str]]:
    """The words of each management command."""
    lines = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line.removeprefix(MANAGE)) for line in lines if line.startswith(MANAGE)]


def script() -> str:
    """All that a shell runs on the integrator's side."""
    return PRELUDE + GIVEN.sub("", "\n".join(block for block in BLOCKS if not block.startswith(MANAGE)))


def answers(output: str) -> list[dict]:
    """The JSON objects that the script printed, one after the other."""
    found, place, decoder = [], 0, json.JSONDecoder()
    while (place := output.find("{", place)) >= 0:
        value, place = decoder.raw_decode(output, place)
        found.append(value)
    return found


@pytest.fixture
def client_made(transactional_db):
    """What the last of the commands printed."""
    for words in commands():
        printed = io.StringIO()
        call_command(*words, "--json", stdout=printed)
    return json.loads(printed.getvalue())


@pytest.fixture
def world(client_made):
    """Credit on one deal, known to the client's source by the ids of the guide."""
    made = make_world()
    source = CrmSource.objects.get(slug="crm")
    for kind, row, name in [("account", made.won.account, "001A0000006Vm9rIAC"), ("opportunity", made.won, "006A1")]:
        ExternalIdentity.objects.create(source=source, object_type=kind, external_id=name, **{kind: row})
    return made


@pytest.fixture
def sweeper(transactional_db, settings, tmp_path):
    """Rounds of the sweeper and imports until the test ends, as a worker would do them."""
    settings.MEDIA_ROOT = tmp_path / "media"
    is_over = threading.Event()

    def sweep():
        while not is_over.wait(0.2):
            run_round()
            run_imports()
        connection.close()

    thread = threading.Thread(target=sweep)
    thread.start()
    yield
    is_over.set()
    thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the lines of the guide are curl's")
def test_every_line_of_the_guide_works(live_server, client_made, world, sweeper, tmp_path):
    given = {
        "HOOK_PORT": str(unused_port()),
        "HEARD": str(tmp_path / "heard.ndjson"),
        "CLG": live_server.url.replace("localhost", "127.0.0.1"),
        "CLIENT_ID": client_made["client_id"],
        "CLIENT_SECRET": client_made["client_secret"],
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    run = subprocess.run(["bash", "-c", script()], env=given, capture_output=True, text=True, timeout=120, check=False)

    assert run.returncode == 0, run.stderr + run.stdout
    count, page, account, listed, *more = answers(run.stdout)
    one, many, author, acts, met, merged, gone, sent_data, begun, loaded, status, *pulled = more
    credit, summary, headlines, explained, changes, *hooks = pulled
    ping, pushed, told, replayed, rotated = hooks
    assert count == {"count": 1, "exact": True}
    assert page["data"][0]["account"] == {"name": "Buyer"}
    assert account["external_id"] == listed["data"][0]["external_id"] == "001A0000006Vm9rIAC"
    assert (one["outcome"], many["counts"]["created"], gone["outcome"]) == ("created", 1, "deleted")
    assert (author["outcome"], acts["counts"]["created"], met["counts"]["created"]) == ("created", 1, 1)
    assert merged["outcome"] == "merged"
    assert (sent_data["state"], begun["state"], loaded["outcome"]) == ("uploaded", "running", "created")
    sent = {each["object"]: each["counts_24h"]["created"] for each in status["objects"]}
    assert (status["source"]["slug"], sent) == ("crm", {"account": 2, "contact": 2, "opportunity": 0})
    assert credit["data"][0]["opportunity_external_id"] == "006A1"
    assert summary["group_by"] == "activity_kind"
    assert set(headlines) == {"sourced", "influenced", "own_advocacy"}
    assert explained["check"]["adds_up"] is True
    assert {entry["type"] for entry in changes["data"]} == {"attribution.updated", "attribution.run_completed"}
    assert (ping["type"], pushed["outcome"]) == ("webhook.ping", "updated")
    heard = [json.loads(line)["type"] for line in (tmp_path / "heard.ndjson").read_text().splitlines()]
    assert {"webhook.ping", "account.updated"} <= set(heard)
    assert {"type": "webhook.ping", "state": "done", "attempts": 1, "status": 204} in [
        {name: row[name] for name in ("type", "state", "attempts", "status")} for row in told["data"]
    ]
    assert replayed["deliveries"] > len(heard)
    assert rotated["secret"].startswith("whsec_")
    assert not WebhookEndpoint.objects.exists()
    assert "304\n" in run.stdout


def test_guide_holds_the_first_steps():
    assert [words[0] for words in commands()] == ["create_source", "create_api_client"]
    assert script().count("curl -s") >= 9
