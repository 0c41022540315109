"""What PostgreSQL refuses, whoever writes: G1 to G3, versioned rows, completed runs."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from advocacy.actions.attribution import attribute_changes
from advocacy.models import AttributionRun, CreditHead, CreditSet
from tests.advocacy.attribution.tenant import AT, deal, meet

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    """A head of the linear model with one credited line."""
    theirs = deal()
    meet(opportunity=theirs)
    attribute_changes(at=AT)
    return CreditHead.objects.get(model__key="influenced-linear", opportunity=theirs)


COPY_SET = """
    INSERT INTO advocacy_creditset (run_id, branch_id, model_id, model_version_id, opportunity_id, generation, cause,
        state, fact_id, as_of, path, rejected, rejected_codes, outcome, basis_minor, currency, reporting_minor,
        reporting_currency, raw_total, flags, fingerprint, id)
    SELECT run_id, branch_id, model_id, model_version_id, opportunity_id, generation + {step}, cause, state, fact_id,
           as_of, path, rejected, rejected_codes, outcome, basis_minor, currency, reporting_minor, reporting_currency,
           raw_total, flags, fingerprint, 900000
    FROM advocacy_creditset WHERE id = {set}
"""
COPY_LINE = """
    INSERT INTO advocacy_credit (credit_set_id, line_no, touch_id, raw, credit_micros, amount_minor, reporting_minor)
    SELECT 900000, 1, touch_id, {values} FROM advocacy_credit WHERE credit_set_id = {set} AND line_no = 1
"""
WHOLE = "raw, credit_micros, amount_minor, reporting_minor"


def run(head: CreditHead, *statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_lines_of_a_standing_set_are_refused(head):
    line = f"""
        INSERT INTO advocacy_credit (credit_set_id, line_no, unattributed_reason, raw, credit_micros, amount_minor)
        VALUES ({head.credit_set_id}, 2, 'no_touch', 1, 0, 0)
    """

    with pytest.raises(DatabaseError, match="their set already stands"):
        run(head, line)


def test_lines_without_a_set_are_refused(head):
    with pytest.raises(DatabaseError, match="foreign key"):
        run(head, COPY_LINE.format(values=WHOLE, set=head.credit_set_id))


def test_a_set_that_adds_up_is_taken(head):
    line = COPY_LINE.format(values=WHOLE, set=head.credit_set_id)

    run(head, line, COPY_SET.format(step=1, set=head.credit_set_id))

    assert CreditSet.objects.get(pk=900000).generation == 2


@pytest.mark.parametrize(
    "values",
    [
        "raw, credit_micros - 1, amount_minor, reporting_minor",
        "raw, credit_micros, amount_minor + 1, reporting_minor",
        "raw, credit_micros, amount_minor, reporting_minor - 1",
        "raw, credit_micros, amount_minor, NULL",
        "raw + 1, credit_micros, amount_minor, reporting_minor",
    ],
)
def test_a_set_that_does_not_add_up_is_refused(head, values):
    line = COPY_LINE.format(values=values, set=head.credit_set_id)

    with pytest.raises(DatabaseError, match="do not add up"):
        run(head, line, COPY_SET.format(step=1, set=head.credit_set_id))


def test_a_set_without_lines_is_refused(head):
    with pytest.raises(DatabaseError, match="do not add up"):
        run(head, COPY_SET.format(step=1, set=head.credit_set_id))


@pytest.mark.parametrize("step", [2, -1])
def test_generations_follow_each_other(head, step):
    line = COPY_LINE.format(values=WHOLE, set=head.credit_set_id)

    with pytest.raises(DatabaseError, match="does not follow"):
        run(head, line, COPY_SET.format(step=step, set=head.credit_set_id))


def test_a_set_names_rows_that_exist(head):
    line = COPY_LINE.format(values=WHOLE, set=head.credit_set_id)
    wrong = COPY_SET.format(step=1, set=head.credit_set_id).replace("SELECT run_id", "SELECT 987654321")

    with pytest.raises(DatabaseError, match="does not exist"):
        run(head, line, wrong)


@pytest.mark.parametrize(
    "change",
    [
        "generation = generation + 2",
        "generation = generation",
        "generation = generation + 1",
        "opportunity_id = opportunity_id + 1, generation = generation + 1",
    ],
)
def test_a_head_moves_only_to_the_next_set(head, change):
    with pytest.raises(DatabaseError, match="refused"):
        run(head, f"UPDATE advocacy_credithead SET {change} WHERE id = {head.pk}")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM advocacy_credithead",
        "DELETE FROM advocacy_touch",
        "DELETE FROM advocacy_opportunityfact",
        "DELETE FROM advocacy_creditset",
        "DELETE FROM advocacy_credit",
        "DELETE FROM advocacy_attributionrun",
        "UPDATE advocacy_touch SET rung = 6",
        "UPDATE advocacy_touch SET rung = 6, superseded_at = now()",
        "UPDATE advocacy_opportunityfact SET amount = 0",
        "UPDATE advocacy_credit SET credit_micros = 0",
        "UPDATE advocacy_attributionrun SET totals = '{}'",
        "UPDATE advocacy_attributionrun SET status = 'running'",
    ],
)
def test_history_stays(head, statement):
    with pytest.raises(DatabaseError, match="refused"):
        run(head, statement)


def test_a_version_ends_once(head):
    run(head, "UPDATE advocacy_touch SET superseded_at = now()")

    with pytest.raises(DatabaseError, match="versioned"):
        run(head, "UPDATE advocacy_touch SET superseded_at = now() + interval '1 day'")


def test_a_completed_run_is_frozen_once(head):
    run(head, "UPDATE advocacy_attributionrun SET frozen_name = 'Q2', frozen_at = now()")

    with pytest.raises(DatabaseError, match="only its freeze"):
        run(head, "UPDATE advocacy_attributionrun SET frozen_name = 'Q3'")

    assert AttributionRun.objects.get().frozen_name == "Q2"
