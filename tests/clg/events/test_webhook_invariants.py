"""I6 and I7 of webhooks see their own breaches, planted past the guards, and no others."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from clg.actions.delivery import deliver_due
from clg.events import fan_out
from clg.events.consumers import run_consumer
from clg.invariants import Depth, look_at_all
from clg.models import OutboxEvent, SweepTick
from tests.callers import make_client
from tests.factories.accounts import SourceFactory
from tests.factories.clg import make_active_endpoint
from tests.receiver import receiving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world():
    """Three events, told to one endpoint; a fourth waits; the sweeper runs."""
    client = make_client(SourceFactory(), "accounts:read")
    with receiving() as receiver:
        make_active_endpoint(f"client:{client.pk}", receiver.url)
        _happen(3)
        later = timezone.now() + dt.timedelta(seconds=1)
        assert deliver_due(clock=lambda: later, seconds=20) == 3
        _happen(1)
    SweepTick.objects.create(job="clg.sweep", tick=1, claimed_at=timezone.now())


def _happen(count):
    from tests.clg.actions.webhooks import happen

    happen(count=count)


def broken():
    report = look_at_all(at=timezone.now(), only=["I6", "I7"], depth=Depth(is_deep=True))
    assert all(check["sample"] for check in report["checks"] if check["breaches"])
    return {check["id"] for check in report["checks"] if check["breaches"]}


def plant(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        assert cursor.rowcount != 0
        cursor.execute("SET session_replication_role = DEFAULT")


LAST = "id = (SELECT max(id) FROM clg_webhookdelivery)"
FIRST = "id = (SELECT min(id) FROM clg_webhookdelivery)"


def test_all_hold():
    assert broken() == set()


@pytest.mark.parametrize(
    ("breach", "found"),
    [
        (f"DELETE FROM clg_webhookdelivery WHERE {FIRST}", {"I6"}),
        (f"UPDATE clg_webhookdelivery SET cause = 'replay:x' WHERE {FIRST}", {"I6"}),
        (f"UPDATE clg_webhookdelivery SET state = 'pending', run_after = now() WHERE {FIRST}", {"I6"}),
        (f"UPDATE clg_webhookdelivery SET attempted_at = attempted_at + interval '1 s' WHERE {FIRST}", {"I6"}),
    ],
)
def test_planted_breach_of_i6(breach, found):
    plant(breach)

    assert broken() == found


@pytest.mark.parametrize(
    "breach",
    [
        f"UPDATE clg_webhookdelivery SET run_after = now() - interval '301 s' WHERE {LAST}",
        f"UPDATE clg_webhookdelivery SET state = 'leased', lease_until = now() - interval '301 s' WHERE {LAST}",
    ],
)
def test_planted_breach_of_i7(breach):
    plant(breach)
    assert broken() == set()  # the endpoint was served just now

    plant("UPDATE clg_webhookendpoint SET last_attempt_at = now() - interval '301 s'")
    assert broken() == {"I7"}

    plant("UPDATE clg_webhookendpoint SET paused_until = now()")
    assert broken() == set()


def test_what_was_before_the_endpoint_or_its_choice_is_not_owed():
    plant("DELETE FROM clg_webhookdelivery")
    assert broken() == {"I6"}

    plant("UPDATE clg_webhookendpoint SET owed_from = 4")
    assert broken() == set()


def test_event_of_another_kind_is_not_owed():
    OutboxEvent.objects.create(type="contact.updated", object_type="contact", object_id="0" * 32, position=5)
    plant("UPDATE clg_feedstate SET last_position = 5")
    run_consumer(fan_out.NAME)

    assert broken() == set()
