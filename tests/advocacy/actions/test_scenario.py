"""A scenario is stored through the actions, and twice is once."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account, Opportunity, OpportunityStage
from advocacy.actions.attribution import attribute_changes
from advocacy.actions.scenario import load_scenario
from advocacy.models import Activity, Champion, CreditHead, Encounter, Touch
from clg.errors import InvalidInput
from clg.models import OutboxEvent

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
WORLD = {
    "accounts": [
        {"key": "acme", "name": "Acme", "domain": "acme.example"},
        {"key": "buyer", "name": "Buyer", "domain": "buyer.example", "segment": "large"},
        {"key": "child", "name": "Child", "parent": "buyer"},
    ],
    "contacts": [
        {"key": "ann", "account": "acme", "email": "ann@acme.example"},
        {"key": "bob", "account": "buyer", "email": "bob@buyer.example"},
    ],
    "opportunities": [
        {
            "key": "d1",
            "account": "buyer",
            "kind": "new_business",
            "amount": "1000.50",
            "currency": "EUR",
            "opened_at": "2026-01-10",
            "stages": [{"stage": "proof", "entered_at": "2026-02-01T00:00:00Z"}],
            "contacts": ["bob"],
        },
        {"key": "d2", "account": "child", "amount": 5, "currency": "USD", "opened_at": "2026-01-10T10:00:00Z"},
    ],
    "rates": [{"currency": "EUR", "on": "2026-01-01", "rate": "1.1"}],
    "activities": [
        {"key": "a1", "champion": "ann", "occurred_at": "2026-01-20T09:00:00Z"},
        {"key": "a2", "champion": "ann", "kind": "quote", "occurred_at": "2026-01-21T09:00:00Z", "duplicate_of": "a1"},
    ],
    "encounters": [
        {"key": "e1", "activity": "a1", "buyer_contact": "bob", "occurred_at": "2026-01-20T09:00:00Z"},
        {"key": "e2", "activity": "a2", "opportunity": "d2", "occurred_at": "2026-01-21T09:00:00Z"},
    ],
}


def world_now() -> tuple[object, ...]:
    return (
        list(Account.objects.order_by("pk").values_list("name", "version")),
        list(Opportunity.objects.order_by("pk").values_list("name", "version", "deleted_at")),
        list(Touch.objects.order_by("pk").values_list("pk", "superseded_at")),
        OpportunityStage.objects.count(),
        Champion.objects.count(),
        OutboxEvent.objects.count(),
    )


def test_every_list_is_stored():
    loaded = load_scenario(scenario=WORLD, at=AT)

    assert loaded == {
        "accounts": 3,
        "contacts": 2,
        "opportunities": 2,
        "rates": 1,
        "activities": 2,
        "encounters": 2,
    }
    assert Champion.objects.get().contact.email == "ann@acme.example"
    assert Touch.objects.get(encounter__source_ref="e1").rung == 2
    assert Touch.objects.get(encounter__source_ref="e2").void_reason == "duplicate_activity"
    attribute_changes(at=AT)
    credit = CreditHead.objects.get(model__key="influenced-linear", opportunity__name="d1").credit_set
    assert (credit.basis_minor, credit.reporting_minor) == (100_050, 110_055)


def test_twice_is_once():
    load_scenario(scenario=WORLD, at=AT)
    before = world_now()

    load_scenario(scenario=WORLD, at=AT + dt.timedelta(hours=1))

    assert world_now() == before


def test_a_merge_leads_the_losers_deals_and_people_to_the_winner():
    merged = {**WORLD, "merge": [{"winner": "acme", "loser": "buyer"}]}
    load_scenario(scenario=merged, at=AT)
    acme = Account.objects.get(name="Acme")
    assert Opportunity.objects.get(name="d1").account == acme
    assert Account.objects.get(name="Child").parent == acme
    before = world_now()

    load_scenario(scenario=merged, at=AT + dt.timedelta(days=1))

    assert world_now() == before


def test_withdraw_restore_and_delete():
    load_scenario(scenario=WORLD, at=AT)
    load_scenario(scenario={"withdraw": ["a1", "e2"], "opportunities": [{"key": "d2", "is_deleted": True}]}, at=AT)
    assert Activity.objects.get(source_ref="a1").is_withdrawn
    assert Encounter.objects.get(source_ref="e2").is_withdrawn
    assert Opportunity.objects.get(name="d2").is_deleted

    load_scenario(scenario={"restore": ["a1", "e2"]}, at=AT)

    assert not Activity.objects.get(source_ref="a1").is_withdrawn
    assert not Encounter.objects.get(source_ref="e2").is_withdrawn


@pytest.mark.parametrize(
    "wrong",
    [
        {"unknown": []},
        {"accounts": [{"key": "x", "name": "X"}], "withdraw": ["nothing"]},
        {
            "accounts": [{"key": "x", "name": "X"}],
            "activities": [{"key": "a", "champion": "who", "occurred_at": "2026-01-01"}],
        },
        {"accounts": [{"key": "x", "name": "X", "domain": "not a domain"}]},
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(wrong):
    with pytest.raises(InvalidInput):
        load_scenario(scenario=wrong, at=AT)

    assert not Account.objects.exists()


def test_the_command_loads_a_file(tmp_path, capsys):
    file = tmp_path / "world.json"
    file.write_text(json.dumps(WORLD))

    call_command("load_scenario", str(file), "--json")

    assert json.loads(capsys.readouterr().out)["encounters"] == 2


def test_the_command_refuses_what_is_no_json(tmp_path):
    file = tmp_path / "world.json"
    file.write_text("{")

    with pytest.raises(CommandError) as refusal:
        call_command("load_scenario", str(file))

    assert refusal.value.returncode == 2
