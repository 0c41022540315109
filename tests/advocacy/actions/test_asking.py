"""One door, one ledger: what is refused, what each move does to the minutes, and what a log does. `readiness` 6.3."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advocacy.actions.answering import (
    accept_ask,
    cancel_ask,
    complete_ask,
    decline_ask,
    expire_ask,
    expire_reservations,
    miss_ask,
    postpone_ask,
    send_ask,
    undo_answer,
    withdraw_ask,
)
from advocacy.actions.ask import Logged, Need, log_ask, reserve_ask
from advocacy.asks.lifecycle import MOVES
from advocacy.choices import AskState, DeclineReason, Gate, MissedBy, Standing, Use
from advocacy.effort import capacity_of
from advocacy.errors import (
    AskNotInState,
    AskRefused,
    DeclineWithoutReason,
    ExternalIdTaken,
    GateNotOverridable,
    MinutesOutOfRange,
    OverrideReason,
    UndoTooLate,
    UnknownGate,
    UseNotAskable,
    WrongDay,
)
from advocacy.models import Activity, Ask, AskOverride, Champion, EffortEntry, Touch
from advocacy.readiness.standing import Advocate
from clg.errors import NotAllowed
from clg.models import OutboxEvent
from tests.factories.accounts import OpportunityFactory
from tests.factories.advocacy import ChampionFactory, CompanyGrantFactory, GrantFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
TODAY = AT.date()
PERSON = Advocate("link:9")
LATER = AT + dt.timedelta(hours=1)


def willing_champion():
    row = ChampionFactory(joined_at=AT - dt.timedelta(days=30))
    GrantFactory(champion=row)
    CompanyGrantFactory(account=row.account)
    return row


@pytest.fixture
def champion():
    return willing_champion()


def reserve(champion, by=None, **more):
    return reserve_ask(champion=champion, use=more.pop("use", Use.CALL), by=by, at=more.pop("at", AT), **more)


def sent(champion, **more):
    return send_ask(ask=reserve(champion, **more), by=None, at=AT)


def accepted(champion, **more):
    return accept_ask(ask=sent(champion, **more), by=PERSON, at=AT)


def held(ask):
    """(reserved, consumed) minutes of an ask."""
    sums = dict(ask.entries.values_list("bucket").annotate(sum=Sum("minutes")).order_by())
    return sums.get("reserved", 0), sums.get("consumed", 0)


def told():
    return list(OutboxEvent.objects.filter(object_type="ask").order_by("id").values_list("type", flat=True))


# --- The door ---------------------------------------------------------------------------------------------------
def test_reserving_holds_the_minutes_and_keeps_what_was_known(champion, marketer):
    ask = reserve(champion, by=marketer)

    assert (ask.state, ask.minutes, held(ask)) == (AskState.RESERVED, 45, (45, 0))
    assert (ask.asked_as, ask.team_id, ask.capacity) == (f"user:{marketer.pk}", None, 120)
    assert (str(ask.willingness), ask.evidence) == ("62.00", "none")
    assert sum(float(part["points"]) for part in ask.willingness_parts) == pytest.approx(62.0)
    assert capacity_of([champion.pk], at=AT)[champion.pk].minutes_left == 75
    assert told() == ["ask.reserved"]


def test_refusal_names_every_gate_and_writes_nothing(champion, marketer):
    champion.grants.all().delete()
    Champion.objects.filter(pk=champion.pk).update(standing=Standing.RETIRED, standing_reason="inactive")

    with pytest.raises(AskRefused) as refused:
        reserve(champion, by=marketer)

    assert [gate["code"] for gate in refused.value.data["gates"]] == [Gate.NOT_ACTIVE, Gate.NO_PERSON_GRANT]
    assert all(gate["sentence"] in refused.value.message for gate in refused.value.data["gates"])
    assert (Ask.objects.count(), EffortEntry.objects.count(), told()) == (0, 0, [])


def test_marketer_passes_over_a_gate_with_a_reason(champion, marketer):
    accepted(champion)

    with pytest.raises(AskRefused):
        reserve(champion, by=marketer)
    ask = reserve(champion, by=marketer, overrides={Gate.ASK_PENDING: "They offered it themselves."})

    override = AskOverride.objects.get()
    assert (override.ask, override.gate, override.by) == (ask, Gate.ASK_PENDING, marketer)
    assert ask.gates == [Gate.ASK_PENDING]
    assert told()[-2:] == ["ask.overridden", "ask.reserved"]


def test_override_of_a_gate_that_does_not_fire_leaves_no_trace(champion, marketer):
    reserve(champion, by=marketer, overrides={Gate.RESTING: "They said it is fine."})

    assert not AskOverride.objects.exists()


def test_hard_gate_cannot_be_passed_over(champion, marketer):
    champion.grants.all().delete()

    with pytest.raises(GateNotOverridable) as refused:
        reserve(champion, by=marketer, overrides={Gate.NO_PERSON_GRANT: "They will surely agree."})
    assert refused.value.code == "gate_not_overridable"


@pytest.mark.parametrize(
    ("overrides", "error"),
    [({Gate.RESTING: "short"}, OverrideReason), ({"nothing": "long enough a reason"}, UnknownGate)],
)
def test_override_is_checked(champion, marketer, overrides, error):
    with pytest.raises(error):
        reserve(champion, by=marketer, overrides=overrides)


def test_only_marketers_pass_over_gates(champion, csm):
    champion.account.csm = csm
    champion.account.save(update_fields=["csm"])

    with pytest.raises(NotAllowed):
        reserve(champion, by=csm, overrides={Gate.RESTING: "long enough a reason"})


@pytest.mark.parametrize(("minutes", "error"), [(4, MinutesOutOfRange), (481, MinutesOutOfRange)])
def test_minutes_have_a_range(champion, minutes, error):
    with pytest.raises(error):
        reserve(champion, minutes=minutes)


def test_training_of_ai_is_granted_only(champion):
    with pytest.raises(UseNotAskable):
        reserve(champion, use=Use.AI_TRAINING)


def test_who_may_ask(champion, marketer, csm, seller, leader):
    for person in (csm, seller, leader):
        with pytest.raises(NotAllowed):
            reserve(champion, by=person)
    champion.account.csm = csm
    champion.account.save(update_fields=["csm"])

    assert reserve(champion, by=csm).asked_by == csm


# --- The table --------------------------------------------------------------------------------------------------
STEPS = {
    "send": lambda ask: send_ask(ask=ask, by=None, at=LATER),
    "withdraw": lambda ask: withdraw_ask(ask=ask, by=None, at=LATER),
    "accept": lambda ask: accept_ask(ask=ask, by=PERSON, at=LATER),
    "decline": lambda ask: decline_ask(ask=ask, reason=DeclineReason.TOO_BUSY, by=PERSON, at=LATER),
    "later": lambda ask: postpone_ask(ask=ask, until=TODAY + dt.timedelta(days=9), by=PERSON, at=LATER),
    "expire": lambda ask: expire_ask(ask=ask, at=LATER),
    "complete": lambda ask: complete_ask(ask=ask, actual_minutes=30, done_on=TODAY, by=ask.asked_by, at=LATER),
    "miss": lambda ask: miss_ask(ask=ask, missed_by=MissedBy.PROSPECT, by=ask.asked_by, at=LATER),
    "cancel": lambda ask: cancel_ask(ask=ask, canceled_by=MissedBy.US, by=PERSON, at=LATER),
    "undo": lambda ask: undo_answer(ask=ask, by=PERSON, at=LATER),
}
ROAD_TO = {
    AskState.RESERVED: [],
    AskState.SENT: ["send"],
    AskState.ACCEPTED: ["send", "accept"],
    AskState.DECLINED: ["send", "decline"],
    AskState.LATER: ["send", "later"],
    AskState.EXPIRED: ["send", "expire"],
    AskState.WITHDRAWN: ["withdraw"],
    AskState.DONE: ["send", "accept", "complete"],
    AskState.MISSED: ["send", "accept", "miss"],
}
RELEASES = {"withdraw", "decline", "later", "expire", "complete", "miss", "cancel"}
CONSUMES = {"complete": 30, "miss": 15}


def asked_in(champion, marketer, state):
    ask = reserve(champion, by=marketer)
    for step in ROAD_TO[state]:
        ask = STEPS[step](ask)
    return ask


@pytest.mark.parametrize("action", STEPS)
@pytest.mark.parametrize("state", ROAD_TO)
def test_every_pair_of_state_and_action(champion, marketer, state, action):
    ask = asked_in(champion, marketer, state)
    reserved, consumed = held(ask)
    row = next((row for row in MOVES if row.action == action and state in row.sources), None)

    if row is None:
        target = next(move.target for move in MOVES if move.action == action)
        if state == target and action != "cancel":
            assert STEPS[action](ask).state == state
        else:
            with pytest.raises(AskNotInState) as refused:
                STEPS[action](ask)
            assert refused.value.data == {"state": state}
        assert held(ask) == (reserved, consumed)
        return
    ask = STEPS[action](ask)
    assert ask.state == row.target
    if action in RELEASES:
        assert held(ask) == (0, CONSUMES.get(action, 0))
    else:
        assert held(ask) == (45, 0)


def test_who_may_move_an_ask(champion, marketer, seller):
    ask = sent(champion)

    with pytest.raises(NotAllowed, match="Accept"):
        accept_ask(ask=ask, by=seller, at=AT)
    with pytest.raises(NotAllowed, match="Withdraw"):
        withdraw_ask(ask=ask, by=PERSON, at=AT)
    assert accept_ask(ask=ask, by=marketer, at=AT, channel="phone").answer_channel == "phone"


def test_same_answer_again_changes_nothing_and_another_is_refused(champion):
    ask = decline_ask(ask=sent(champion), reason=DeclineReason.OTHER, by=PERSON, at=AT)
    decline_ask(ask=ask, reason=DeclineReason.OTHER, by=PERSON, at=LATER)

    with pytest.raises(AskNotInState):
        decline_ask(ask=ask, reason=DeclineReason.UNHAPPY, by=PERSON, at=LATER)
    with pytest.raises(AskNotInState):
        accept_ask(ask=ask, by=PERSON, at=LATER)
    assert (held(ask), told().count("ask.answered")) == ((0, 0), 1)


def test_no_needs_a_reason(champion):
    with pytest.raises(DeclineWithoutReason):
        decline_ask(ask=sent(champion), reason="", by=PERSON, at=AT)


@pytest.mark.parametrize("ahead", [0, -1, 366])
def test_later_is_a_day_within_a_year(champion, ahead):
    with pytest.raises(WrongDay):
        postpone_ask(ask=sent(champion), until=TODAY + dt.timedelta(days=ahead), by=PERSON, at=AT)


# --- What follows -----------------------------------------------------------------------------------------------
def test_done_call_rests_the_champion_and_earns_its_touch(champion, marketer):
    deal = OpportunityFactory(opened_at=AT - dt.timedelta(days=20))
    ask = accepted(champion, by=marketer, need=Need("Ask about the migration", opportunity=deal))
    complete_ask(ask=ask, actual_minutes=50, done_on=TODAY, by=marketer, at=LATER)

    champion.refresh_from_db()
    activity = Activity.objects.get()
    assert (champion.standing, champion.rests_until.date()) == (Standing.RESTING, TODAY + dt.timedelta(days=30))
    assert (activity.kind, activity.source_ref) == ("reference_call", str(ask.public_id))
    assert list(Touch.objects.values_list("opportunity", "rung")) == [(deal.pk, 1)]
    assert held(ask) == (0, 50)


def test_longer_rest_stays(champion, marketer):
    long = AT + dt.timedelta(days=90)
    ask = accepted(champion, by=marketer)
    Champion.objects.filter(pk=champion.pk).update(standing=Standing.RESTING, rests_until=long)
    complete_ask(ask=ask, actual_minutes=50, done_on=TODAY, by=marketer, at=LATER)

    champion.refresh_from_db()
    assert champion.rests_until == long


@pytest.mark.parametrize(
    ("scheduled", "by_whom", "minutes"),
    [(23, MissedBy.US, 15), (25, MissedBy.US, 0), (23, MissedBy.CHAMPION, 0), (None, MissedBy.US, 0)],
)
def test_calling_off_late_costs_us(champion, marketer, scheduled, by_whom, minutes):
    ask = accepted(champion, by=marketer)
    when = AT + dt.timedelta(hours=scheduled) if scheduled else None
    Ask.objects.filter(pk=ask.pk).update(scheduled_at=when)

    assert held(cancel_ask(ask=ask, canceled_by=by_whom, by=marketer, at=AT)) == (0, minutes)


def test_undo_within_a_day_while_the_minutes_are_there(champion, marketer):
    ask = decline_ask(ask=sent(champion), reason=DeclineReason.OTHER, by=PERSON, at=AT)
    ask = undo_answer(ask=ask, by=PERSON, at=AT + dt.timedelta(hours=24))
    assert (ask.state, held(ask), ask.decline_reason) == (AskState.SENT, (45, 0), "")

    decline_ask(ask=ask, reason=DeclineReason.OTHER, by=PERSON, at=AT)
    with pytest.raises(UndoTooLate):
        undo_answer(ask=ask, by=PERSON, at=AT + dt.timedelta(hours=24, seconds=1))
    reason = {Gate.DECLINED_RECENTLY: "They asked for this one themselves."}
    reserve(champion, by=marketer, minutes=100, overrides=reason)
    with pytest.raises(AskRefused):
        undo_answer(ask=ask, by=PERSON, at=AT)


def test_unsent_for_two_weeks_is_withdrawn(champion):
    ask = reserve(champion)
    due = AT + dt.timedelta(days=14)

    assert expire_reservations(at=due - dt.timedelta(seconds=1)) == 0
    assert [expire_reservations(at=due), expire_reservations(at=due)] == [1, 0]
    ask.refresh_from_db()
    assert (ask.state, ask.closed_reason, held(ask)) == (AskState.WITHDRAWN, "unsent", (0, 0))


# --- The log ----------------------------------------------------------------------------------------------------
def log(champion, by=None, **more):
    values = {"use": Use.CALL, "channel": "phone", "asked_on": TODAY, "outcome": "asked"} | more
    return log_ask(champion=champion, logged=Logged(**values), by=by, at=AT)


def test_log_is_never_refused_and_may_go_over_budget(champion, seller):
    Champion.objects.filter(pk=champion.pk).update(standing=Standing.PAUSED, paused_by="person")

    first = log(champion, by=seller, minutes=120)
    second = log(champion, by=seller)
    assert (first.over_budget, second.over_budget) == (False, True)
    assert capacity_of([champion.pk], at=AT)[champion.pk].person_left == -45


def test_logged_twice_by_one_name_is_once(champion):
    one = log(champion, source="crm:1", external_id="A-1")

    assert log(champion, source="crm:1", external_id="A-1") == one
    assert log(champion, source="crm:2", external_id="A-1") != one
    with pytest.raises(ExternalIdTaken):
        log(champion, source="crm:1", external_id="A-1", outcome="declined")


@pytest.mark.parametrize(
    "wrong",
    [
        {"asked_on": TODAY - dt.timedelta(days=91)},
        {"asked_on": TODAY + dt.timedelta(days=1)},
        {"outcome": "done", "done_on": TODAY + dt.timedelta(days=1)},
        {"done_on": TODAY},
    ],
)
def test_days_of_a_log_are_checked(champion, wrong):
    with pytest.raises(WrongDay):
        log(champion, **wrong)


def test_logged_call_that_was_done_rests_the_champion(champion):
    log(champion, outcome="done", asked_on=TODAY - dt.timedelta(days=5), done_on=TODAY - dt.timedelta(days=2))

    champion.refresh_from_db()
    assert champion.rests_until.date() == TODAY + dt.timedelta(days=28)
    assert EffortEntry.objects.get().effective_on == TODAY - dt.timedelta(days=2)


# --- The ledger, whatever happens -------------------------------------------------------------------------------
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_open_asks_hold_their_minutes_and_closed_ones_none(marketer, steps):
    ask = reserve(willing_champion(), by=marketer)
    for step in steps:
        with contextlib.suppress(AskNotInState, UndoTooLate, AskRefused):
            ask = STEPS[step](ask)

    reserved, consumed = held(ask)
    assert reserved == (45 if ask.is_open else 0)
    assert consumed == {AskState.DONE: 30, AskState.MISSED: 15}.get(ask.state, 0)
