"""No column with choices holds another word, whoever writes: the check is asked in the database, choice by choice."""

from __future__ import annotations

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from tests.clg.test_audit_trail import models_of_ours

pytestmark = pytest.mark.django_db

WORDY = models.CharField | models.IntegerField | models.TextField
# What the library of OAuth declares; one constraint over two of them admits our one grant.
OF_THE_LIBRARY = {"algorithm", "registration_source", "client_type", "authorization_grant_type"}
# Names of states without a list of choices, and why.
OPEN_WORDS = {
    "clg.SecurityLog.result": "the code of a refusal, of any floor",
    "clg.IdempotencyKey.status": "an HTTP status",
    "clg.WebhookDelivery.status": "an HTTP status",
    "clg.WebhookDelivery.cause": "names the ping or replay by its id",
    "clg.OutboxEvent.object_type": "of any floor; the registry of event kinds holds the list",
    "clg.SecurityLog.object_type": "of any floor",
    "accounts.MergeEvent.reason": "a person's or client's own words",
    "advocacy.Champion.standing_reason": "of the transition's own list, which the action checks",
    "advocacy.ChampionEvent.reason": "of the transition's own list, which the action checks",
    "advocacy.Activity.withdrawn_reason": "a person's or client's own words",
    "advocacy.Encounter.withdrawn_reason": "a person's or client's own words",
    "advocacy.ReadinessModel.reason": "a person's own words",
    "advocacy.AskOverride.reason": "a marketer's own words",
    "advocacy.BlackoutPeriod.reason": "a person's own words",
    "advocacy.EffortBudget.reason": "a person's own words",
    "advocacy.GrantUse.object_type": "of any floor that publishes on a grant",
    "advocacy.GrantEvent.reason": "a person's own words, or the cause of an end",
    "accounts.StagedAccount.verdict": "staging, in one transaction",
    "accounts.StagedContact.verdict": "staging, in one transaction",
    "accounts.StagedOpportunity.verdict": "staging, in one transaction",
    "accounts.StagedOpportunity.kind": "staging: as it came",
    "accounts.StagedOpportunity.outcome": "staging: as it came",
}
STATES = (
    "state",
    "status",
    "kind",
    "cause",
    "reason",
    "outcome",
    "result",
    "band",
    "verdict",
    "object_type",
    "standing",
)


def fields_of_ours():
    tables = {model._meta.db_table: model for model in models_of_ours() if model._meta.managed}
    return [
        (model, field)
        for _, model in sorted(tables.items())
        for field in model._meta.local_concrete_fields
        if not field.is_relation
    ]


def choices_of(field):
    kept = field.base_field if isinstance(field, ArrayField) else field
    return [value for value, _ in kept.flatchoices]


def refusing(model, field):
    """The checks of the database that look at this column alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_expr(c.conbin, c.conrelid) FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]"
            " WHERE c.contype = 'c' AND c.conrelid = %s::regclass AND a.attname = %s",
            [model._meta.db_table, field.column],
        )
        return [expression for (expression,) in cursor.fetchall()]


def admits(expressions, field, value):
    column = connection.ops.quote_name(field.column)
    row = f"SELECT CAST(%s AS {field.db_type(connection)}) AS {column}"
    asked = " AND ".join(f"coalesce({expression}, true)" for expression in expressions) or "true"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked.replace('%', '%%')} FROM ({row}) asked", [value])
        return cursor.fetchone()[0]


def wrong_for(field):
    kept = field.base_field if isinstance(field, ArrayField) else field
    word = -1 if isinstance(kept, models.IntegerField) else "x"
    return [word] if isinstance(field, ArrayField) else word


def test_every_column_with_choices_takes_these_and_nothing_else():
    wrong = []
    for model, field in fields_of_ours():
        if not choices_of(field) or field.name in OF_THE_LIBRARY:
            continue
        expressions = refusing(model, field)
        words = choices_of(field) + ([""] if field.blank and not isinstance(field, ArrayField) else [])
        taken = [[word] if isinstance(field, ArrayField) else word for word in words]
        wrong += [(model._meta.label, field.name, word) for word in taken if not admits(expressions, field, word)]
        if admits(expressions, field, wrong_for(field)):
            wrong.append((model._meta.label, field.name, "takes any word"))

    assert wrong == []


def test_every_name_of_a_state_has_choices_or_says_why_not():
    bare = {
        f"{model._meta.label}.{field.name}"
        for model, field in fields_of_ours()
        if field.name.endswith(STATES)
        and not choices_of(field)
        and not isinstance(field, (models.BooleanField, models.JSONField))
    }

    assert bare == set(OPEN_WORDS)
