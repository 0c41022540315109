"""I13 finds an ask whose minutes do not fit its state, I11 a grant that is not where its events lead."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from advocacy.actions.ask import reserve_ask
from advocacy.actions.grant import Proof, give_grant, propose_grant
from advocacy.choices import Use
from advocacy.grants.terms import Terms
from advocacy.readiness.standing import Advocate
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(marketer):
    """An ask that stands on a grant, both made by their actions."""
    at = timezone.now()
    champion = ChampionFactory(joined_at=at)
    terms = Terms(valid_from=at.date() - dt.timedelta(days=1))
    grant = propose_grant(use=Use.REVIEW, terms=terms, by=marketer, at=at, champion=champion)
    give_grant(grant=grant, by=Advocate("link:9"), at=at, proof=Proof("portal"))
    return reserve_ask(champion=champion, use=Use.REVIEW, by=marketer, at=at)


def look(name):
    out = StringIO()
    with contextlib.suppress(CommandError):
        call_command("check_invariants", "--only", name, "--json", stdout=out)
    (check,) = json.loads(out.getvalue())["checks"]
    return check["breaches"]


def plant(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_what_the_actions_made_holds(ask):
    assert (look("I11"), look("I13")) == (0, 0)


@pytest.mark.parametrize(
    ("name", "breach"),
    [
        ("I13", "UPDATE advocacy_effortentry SET minutes = minutes + 1"),
        ("I13", "UPDATE advocacy_ask SET state = 'expired'"),
        ("I13", "DELETE FROM advocacy_effortentry"),
        ("I11", "UPDATE advocacy_grant SET state = 'withdrawn'"),
        ("I11", "UPDATE advocacy_grantevent SET sequence = 9 WHERE sequence = 2"),
        ("I11", "DELETE FROM advocacy_grantevent WHERE sequence = 1"),
    ],
)
def test_planted_breach_is_found_and_no_other(ask, name, breach):
    plant(breach)

    assert {check: look(check) for check in ("I11", "I13")} == {"I11": 0, "I13": 0} | {name: 1}
