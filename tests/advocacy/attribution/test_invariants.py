"""Each check sees its own breach, planted past the guards, and no other check does."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Opportunity
from advocacy.actions.attribution import attribute_changes
from clg.invariants import Depth, look_at_all
from clg.models import SweepTick
from tests.advocacy.attribution.tenant import AT, day, deal, meet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger_of_two_generations():
    """One deal, two touches, and a change of its amount after the first run."""
    theirs = deal()
    meet(1, opportunity=theirs)
    meet(2, opportunity=theirs)
    attribute_changes(at=AT)
    Opportunity.objects.filter(pk=theirs.pk).update(amount=500)
    attribute_changes(at=AT)
    return theirs


def broken(**depth: bool) -> set[str]:
    report = look_at_all(at=AT, only=["I1", "I2", "I3", "I7"], depth=Depth(**depth))
    return {check["id"] for check in report["checks"] if check["breaches"]}


def plant(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        assert cursor.rowcount == 1
        cursor.execute("SET session_replication_role = DEFAULT")


FORMER_LINE = """
    (SELECT min(c.id) FROM advocacy_credit c JOIN advocacy_creditset s ON s.id = c.credit_set_id
     WHERE s.generation = 1 AND c.touch_id IS NOT NULL)
"""
HELD_LINE = FORMER_LINE.replace("generation = 1", "generation = 2")
HELD_SET = f"(SELECT credit_set_id FROM advocacy_credit WHERE id = {HELD_LINE})"


def test_all_hold():
    assert broken(is_deep=True) == set()


@pytest.mark.parametrize(
    ("statement", "breach"),
    [
        (f"UPDATE advocacy_credit SET credit_micros = credit_micros - 1 WHERE id = {FORMER_LINE}", "I1"),
        (f"UPDATE advocacy_credit SET amount_minor = amount_minor + 1 WHERE id = {FORMER_LINE}", "I2"),
        (f"UPDATE advocacy_credit SET held = 3 WHERE id = {HELD_LINE}", "I3"),
        (f"UPDATE advocacy_creditset SET generation = 4 WHERE id = {HELD_SET}", "I3"),
        (f"UPDATE advocacy_credithead SET generation = 1 WHERE credit_set_id = {HELD_SET}", "I3"),
        (f"UPDATE advocacy_creditset SET path = path[2:] WHERE id = {HELD_SET}", "I3"),
        (
            "UPDATE advocacy_attributionrun SET totals = jsonb_set(totals, '{influenced-u,credited_minor}', '1')"
            " WHERE id = (SELECT max(id) FROM advocacy_attributionrun)",
            "I3",
        ),
    ],
)
def test_a_planted_breach_is_found_by_its_own_check(statement, breach):
    plant(statement)

    assert broken(is_deep=True) == {breach}


STALE_RANGE = """
    WITH run AS (UPDATE advocacy_attributionrun SET status = 'running'
                  WHERE id = (SELECT max(id) FROM advocacy_attributionrun) RETURNING id)
    UPDATE advocacy_attributionrunrange SET is_done = false, heartbeat_at = now() - interval '{} seconds'
     WHERE run_id = (SELECT id FROM run)
"""
OLD_MARK = """
    INSERT INTO advocacy_attributiondirty (opportunity_id, cause, noted_at)
    VALUES (1, 'deal', now() - interval '{} seconds')
"""


@pytest.mark.parametrize("statement", [STALE_RANGE, OLD_MARK])
@pytest.mark.parametrize(("seconds", "found"), [(299, set()), (301, {"I7"})])
def test_work_that_waits_for_more_than_five_minutes_is_found(statement, seconds, found):
    SweepTick.objects.create(job="clg.sweep", tick=1, claimed_at=timezone.now())

    plant(statement.format(seconds))

    assert broken() == found


def test_the_command_says_so():
    plant(f"UPDATE advocacy_credit SET amount_minor = amount_minor + 1 WHERE id = {FORMER_LINE}")

    with pytest.raises(CommandError) as refusal:
        call_command("check_invariants", "--only", "I2")

    assert refusal.value.returncode == 1


def test_the_command_answers_json(capsys):
    call_command("check_invariants", "--json", "--only", "I1,I2,I3")

    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert [(check["id"], check["checked"], check["breaches"]) for check in report["checks"]] == [
        ("I1", 10, 0),
        ("I2", 10, 0),
        ("I3", 5, 0),
    ]


def test_an_unknown_check_is_refused():
    with pytest.raises(CommandError) as refusal:
        call_command("check_invariants", "--only", "I99x")

    assert refusal.value.returncode == 2


def test_a_sample_depends_on_its_seed_only(ledger_of_two_generations):
    assert look_at_all(at=day(0), only=["I3"])["checks"][0]["checked"] == 5
