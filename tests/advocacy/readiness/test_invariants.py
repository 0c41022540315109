"""I13 finds a score whose parts do not sum to it, I7 a mark that nobody takes up."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Signal
from advocacy.actions.readiness import score_readiness
from advocacy.models import ReadinessDirty
from clg.invariants import look_at_all
from clg.models import SweepTick
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def champion():
    champion = ChampionFactory()
    now = timezone.now()
    Signal.objects.create(kind="health", account=champion.account, raw=70, value=70, observed_at=now, source="test")
    score_readiness(at=now + dt.timedelta(minutes=1))
    return champion


def _look(*options):
    out = StringIO()
    with contextlib.suppress(CommandError):
        call_command("check_invariants", "--only", "I13", "--json", *options, stdout=out)
    (check,) = json.loads(out.getvalue())["checks"]
    return check["id"], check["checked"], check["breaches"], check["sample"]


def test_true_scores_pass(champion):
    assert _look() == ("I13", 1, 0, [])
    assert _look("--deep") == ("I13", 2, 0, [])


@pytest.mark.parametrize(
    ("breach", "options", "found"),
    [
        ("UPDATE advocacy_readiness SET score = score + 0.01", [], 1),
        ("UPDATE advocacy_readiness SET score = NULL", [], 1),
        ("UPDATE advocacy_readinesschange SET new_score = new_score + 0.01", ["--deep"], 2),
        ("UPDATE advocacy_readinesschange SET new_score = new_score + 0.01", [], 1),
    ],
)
def test_planted_breach_is_found(champion, breach, options, found):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(breach)
        cursor.execute("SET session_replication_role = DEFAULT")

    breaches = int("readinesschange" not in breach or "--deep" in options)
    assert _look(*options) == ("I13", found, breaches, [champion.name_outside] * breaches)


@pytest.mark.parametrize(("seconds", "sweeps", "found"), [(599, True, 0), (601, True, 1), (601, False, 0)])
def test_a_mark_that_waits_too_long_is_found(champion, seconds, sweeps, found):
    now = timezone.now()
    if sweeps:
        SweepTick.objects.create(job="clg.sweep", tick=1, claimed_at=now)
    due_at = now - dt.timedelta(seconds=seconds)
    mark = ReadinessDirty.objects.create(account_id=champion.account_id, reason="signal", due_at=due_at)

    (check,) = look_at_all(at=now, only=["I7"])["checks"]

    assert (check["breaches"], check["sample"]) == (found, [f"mark {mark.pk}"] * found)
