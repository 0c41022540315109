"""The house stands: migrations agree with the models and every floor loads."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError

from accounts.choices import IdentityState, Lifecycle, OpportunityKind, Outcome, Role
from accounts.models import ExchangeRate
from advocacy.choices import (
    Band,
    Question,
    Rung,
    RunKind,
    RunStatus,
    SetState,
    Side,
    Standing,
    Unattributed,
    WeightSetState,
)


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_every_role_is_a_group():
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_exchangerate SET rate = 2",
        "DELETE FROM accounts_exchangerate",
        "TRUNCATE accounts_exchangerate CASCADE",
    ],
)
def test_append_only_table_refuses(statement):
    ExchangeRate.objects.create(currency="EUR", on="2026-01-01", rate="1.1")

    with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)

    assert str(ExchangeRate.objects.get().rate) == "1.1000000000"


@pytest.mark.parametrize(
    "states",
    [Role, Lifecycle, OpportunityKind, Outcome, IdentityState, Standing, Band, WeightSetState, Rung, Side]
    + [Question, SetState, RunKind, RunStatus, Unattributed],
    ids=lambda states: states.__name__,
)
def test_glossary_names_every_state(states):
    glossary = Path("docs/glossary.md").read_text()

    assert [state.name for state in states if f"`{state.name.lower()}`" not in glossary] == []
