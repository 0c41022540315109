"""The life of runs, what they tell, and who works on which."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import ExternalIdentity, Opportunity
from advocacy.actions.activity import restore_activity, withdraw_activity
from advocacy.actions.attribution import attribute_changes, continue_run, finish_run, start_run
from advocacy.actions.model import activate_model, retire_model
from advocacy.attribution import chunk, runs
from advocacy.attribution.chunk import Hold, run_chunk
from advocacy.models import AttributionModel, AttributionRun, CreditHead, CreditSet
from clg.events.origin import Origin
from clg.models import OutboxEvent
from tests.advocacy.attribution.tenant import AT, act, day, deal, ledger, meet, micros
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db
ACTIVE = {"sourced-first", "influenced-linear", "influenced-u", "influenced-last", "influenced-decay"}


def events(type: str) -> list[OutboxEvent]:
    return list(OutboxEvent.objects.filter(type=type).order_by("id"))


def test_nothing_to_do_makes_no_run():
    assert attribute_changes(at=AT) is None
    assert not AttributionRun.objects.exists()


def test_a_changes_run_writes_the_ledger():
    theirs = deal()
    first, second = meet(1, opportunity=theirs), meet(2, opportunity=theirs)

    run = attribute_changes(at=AT)

    assert run is not None
    assert (run.status, run.kind, run.as_of) == ("completed", "changes", AT)
    assert {key for key, _ in ledger()} == ACTIVE
    assert micros("influenced-linear", theirs) == {first.pk: 500_000, second.pk: 500_000}
    assert micros("influenced-last", theirs) == {second.pk: 1_000_000}
    assert micros("sourced-first", theirs) == {None: 1_000_000}
    assert run.totals["influenced-u"] == {
        "deals": 1,
        "deals_credited": 1,
        "credited_minor": 100_000,
        "unattributed_minor": 0,
        "without_rate": 0,
    }
    assert run.totals["sourced-first"]["unattributed_minor"] == 100_000
    assert run.rejected_by_reason == {"sourced-first": {"role_not_sourced": 2}}


def test_one_event_per_moved_head():
    theirs = deal()
    meet(1, opportunity=theirs)
    attribute_changes(at=AT)

    told = events("attribution.updated")

    assert {event.object_id for event in told} == set(CreditHead.objects.values_list("public_id", flat=True))
    assert [event.version for event in told] == [1] * 5
    assert {tuple(event.refs.items()) for event in told} == {(("opportunity", theirs.public_id.hex),)}
    assert len(events("attribution.run_completed")) == 1


def test_the_second_run_writes_nothing():
    meet(opportunity=deal())
    attribute_changes(at=AT)

    full = finish_run(run=start_run(kind="full", at=AT), at=AT)

    assert full.status == "completed"
    assert CreditSet.objects.filter(run=full).count() == 0
    assert full.totals == AttributionRun.objects.order_by("id").first().totals


def test_changed_fields_are_named():
    theirs = deal()
    meet(opportunity=theirs)
    attribute_changes(at=AT)
    Opportunity.objects.filter(pk=theirs.pk).update(amount=500)

    attribute_changes(at=AT)

    assert {tuple(event.changed_fields) for event in events("attribution.updated") if event.version == 2} == {
        ("amount", "reporting_amount")
    }


def test_withdrawing_moves_credit_and_restoring_gives_it_back():
    theirs = deal()
    activity = act(1)
    one, two = meet(1, activity=activity, opportunity=theirs), meet(2, opportunity=theirs)
    attribute_changes(at=AT)
    withdraw_activity(activity=activity, reason="not us", at=AT)
    attribute_changes(at=AT)
    assert micros("influenced-linear", theirs) == {two.pk: 1_000_000}

    restore_activity(activity=activity, at=AT)
    attribute_changes(at=AT)

    assert micros("influenced-linear", theirs) == {one.pk: 500_000, two.pk: 500_000}
    assert CreditHead.objects.get(model__key="influenced-linear").generation == 3


def test_a_deleted_deal_is_closed_and_comes_back():
    theirs = deal()
    meet(opportunity=theirs)
    attribute_changes(at=AT)
    Opportunity.objects.filter(pk=theirs.pk).update(deleted_at=AT)
    attribute_changes(at=AT)
    assert ledger() == {}
    assert set(CreditSet.objects.filter(generation=2).values_list("state", "closed_reason")) == {("closed", "deleted")}

    Opportunity.objects.filter(pk=theirs.pk).update(deleted_at=None)
    attribute_changes(at=AT)

    assert {key for key, _ in ledger()} == ACTIVE


def test_retiring_closes_and_activating_opens_one_model_only():
    meet(opportunity=deal())
    attribute_changes(at=AT)
    model = AttributionModel.objects.get(key="influenced-u")

    retire_model(model=model, at=AT)
    run = attribute_changes(at=AT)
    assert run is not None
    assert {key for key, _ in ledger()} == ACTIVE - {"influenced-u"}
    assert set(CreditSet.objects.filter(run=run).values_list("model__key", "closed_reason")) == {
        ("influenced-u", "model_retired")
    }
    activate_model(model=model, at=AT)
    attribute_changes(at=AT)

    assert {key for key, _ in ledger()} == ACTIVE
    assert len(events("attribution.model_activated")) == 1


def test_time_alone_moves_credit():
    theirs = deal(outcome="won", closed_at=AT + dt.timedelta(days=3))
    meet(opportunity=theirs)
    attribute_changes(at=AT)
    assert CreditSet.objects.get(model__key="influenced-u").outcome == "open"

    attribute_changes(at=AT + dt.timedelta(days=4))

    assert CreditHead.objects.get(model__key="influenced-u").credit_set.outcome == "won"
    assert attribute_changes(at=AT + dt.timedelta(days=5)) is None


def test_as_of_never_goes_back():
    meet(opportunity=deal())
    attribute_changes(at=AT)
    meet(opportunity=deal())

    run = attribute_changes(at=AT - dt.timedelta(days=9))

    assert run is not None
    assert run.as_of == AT


def test_a_queued_run_waits_for_older_ones():
    deal()
    older = start_run(kind="full", at=AT)
    newer = start_run(kind="model", models=[AttributionModel.objects.get(key="influenced-u")], at=AT)

    assert continue_run(run=newer, at=AT).status == "queued"
    assert start_run(kind="full", at=AT) == older
    assert finish_run(run=newer, at=AT).status == "completed"
    older.refresh_from_db()
    assert older.status == "completed"


def test_every_run_that_waits_is_finished_where_nothing_changed():
    meet(opportunity=deal())
    attribute_changes(at=AT)
    for key in ("influenced-w", "influenced-stages"):
        activate_model(model=AttributionModel.objects.get(key=key), at=AT)

    attribute_changes(at=AT)

    assert set(AttributionRun.objects.values_list("status", flat=True)) == {"completed"}


def test_a_busy_run_is_left_to_its_worker():
    meet(opportunity=deal())
    run = start_run(kind="changes", at=AT)
    assert runs.claim(run.pk, AT) == 1

    assert runs.claim(run.pk, AT) is None
    assert runs.take_over(run.pk) is None
    assert attribute_changes(at=AT).status == "running"
    assert not CreditSet.objects.exists()


def test_a_silent_run_is_taken_over_and_its_worker_fenced():
    meet(opportunity=deal())
    run = start_run(kind="changes", at=AT)
    attempt = runs.claim(run.pk, AT)
    run.ranges.update(heartbeat_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    assert runs.take_over(run.pk) == attempt + 1
    late = run_chunk(Hold(run.pk, 0, attempt, Origin()))

    assert late.is_lost
    assert not CreditSet.objects.exists()
    runs.work(run.pk, attempt + 1)
    run.refresh_from_db()
    assert run.status == "completed"
    assert {key for key, _ in ledger()} == ACTIVE


def test_an_error_fails_the_run_and_keeps_the_marks(monkeypatch):
    meet(opportunity=deal())
    monkeypatch.setattr(chunk.allocate, "allocate", _broken)

    with pytest.raises(ZeroDivisionError):
        attribute_changes(at=AT)

    run = AttributionRun.objects.get()
    assert (run.status, run.error) == ("failed", "ZeroDivisionError: on purpose")
    monkeypatch.undo()
    attribute_changes(at=AT)
    assert {key for key, _ in ledger()} == ACTIVE


def _broken(cursor: object) -> None:
    raise ZeroDivisionError("on purpose")


def test_a_mass_run_says_resync_once(monkeypatch):
    meet(opportunity=deal())
    monkeypatch.setattr("advocacy.models.attribution.MASS_HEADS", 3)
    monkeypatch.setattr(runs, "MASS_HEADS", 3)

    finish_run(run=start_run(kind="full", at=AT), at=AT)

    assert len(events("attribution.resync_required")) == 1
    assert events("attribution.updated") == []


def test_a_mass_run_that_moved_few_names_them(monkeypatch):
    meet(opportunity=deal())
    monkeypatch.setattr("advocacy.models.attribution.MASS_HEADS", 3)

    finish_run(run=start_run(kind="full", at=AT), at=AT)

    assert len(events("attribution.updated")) == 5


def test_restart_rule_leaves_earlier_touches_to_the_won_deal():
    first = deal(outcome="won", closed_at=day(20))
    second = deal(account=first.account, opened_at=day(40), kind="expansion")
    early, late = meet(10, buyer_account=first.account), meet(30, buyer_account=first.account)

    attribute_changes(at=AT)

    assert micros("influenced-linear", first) == {early.pk: 1_000_000}
    assert micros("influenced-linear", second) == {late.pk: 1_000_000}


@pytest.mark.parametrize("arguments", [["--full"], ["--model", "influenced-u"], []])
def test_the_command_prints_one_object(capsys, arguments):
    meet(opportunity=deal())

    call_command("attribute", "--json", *arguments)

    answer = json.loads(capsys.readouterr().out)
    assert answer["run"].startswith("run_")
    assert answer["deals_done"] == 1
    assert answer["sets_written"] == (1 if "--model" in arguments else 5)
    assert answer["totals"]["influenced-u"]["deals"] == 1


def test_the_command_has_nothing_to_do(capsys):
    call_command("attribute", "--json")

    assert json.loads(capsys.readouterr().out) == {"run": None}


def test_the_command_takes_one_deal_by_its_external_id(capsys):
    theirs = deal()
    attribute_changes(at=AT)
    ExternalIdentity.objects.create(
        source=SourceFactory(), object_type="opportunity", external_id="006A1", opportunity=theirs
    )

    call_command("attribute", "--json", "--opportunity", "006A1")

    answer = json.loads(capsys.readouterr().out)
    assert (answer["deals_done"], answer["sets_written"]) == (1, 0)


@pytest.mark.parametrize("arguments", [["--model", "nope"], ["--opportunity", "nope"]])
def test_the_command_refuses_what_it_does_not_know(arguments):
    with pytest.raises(CommandError) as refusal:
        call_command("attribute", *arguments)

    assert refusal.value.returncode == 2
    assert not AttributionRun.objects.exists()


def test_every_lock_key_is_its_own():
    keys = {chunk.lock_key(branch, number) for branch in range(3) for number in range(256)}

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [max(keys)])
        assert cursor.fetchone() == (True,)
    assert len(keys) == 3 * 256
