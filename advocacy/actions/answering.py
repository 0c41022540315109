"""Moving an ask from reserved to its end, by the table of `advocacy/asks/lifecycle.py`.

Every move locks the minutes of account and champion, then the ask; checks the table again; writes the ask, its entries
and its event. The same answer again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

from django.db import transaction

from accounts.sync.locks import hold_merges_off
from advocacy.actions.activity import ActivityItem, record_activities
from advocacy.actions.ask import add_minutes, let_rest, tell_ask, told_gate
from advocacy.actions.encounter import record_encounter
from advocacy.actions.meters import lock_meters
from advocacy.asks.lifecycle import LATE_CANCEL, UNDO_WITHIN, UNSENT_AFTER, WAITED_MINUTES, move_of, target_of
from advocacy.asks.parts import AskActor, name_of_asker, parts_in
from advocacy.choices import (
    ACTUAL_MINUTES,
    ActivityKind,
    AskChannel,
    AskEnd,
    AskState,
    DeclineReason,
    EffortBucket,
    EncounterKind,
    Gate,
    MissedBy,
    Rung,
    Use,
)
from advocacy.errors import (
    ActualMinutesOutOfRange,
    AskNotInState,
    AskRefused,
    DeclineWithoutReason,
    UndoTooLate,
    WrongDay,
)
from advocacy.gates import champion_is_eligible
from advocacy.models import Ask
from clg.errors import NotAllowed

_LATER_DAYS: Final = (1, 365)
# What a done ask was: talks that took place. Content counts when it is published.
_ACTIVITY_OF: Final = {
    Use.CALL: ActivityKind.REFERENCE_CALL,
    Use.GROUP_CALL: ActivityKind.GROUP_CALL,
    Use.SITE_VISIT: ActivityKind.SITE_VISIT,
    Use.EMAIL_QA: ActivityKind.EMAIL_QA,
    Use.WRITTEN_REFERENCE: ActivityKind.WRITTEN_REFERENCE,
    Use.ANALYST: ActivityKind.ANALYST_CALL,
    Use.PRESS: ActivityKind.PRESS_INTERVIEW,
    Use.PODCAST: ActivityKind.PODCAST,
    Use.WEBINAR: ActivityKind.WEBINAR,
    Use.EVENT_TALK: ActivityKind.SPEAKING,
    Use.ADVISORY_BOARD: ActivityKind.ADVISORY_BOARD,
    Use.BETA: ActivityKind.BETA_FEEDBACK,
}


@transaction.atomic
def send_ask(*, ask: Ask, by: AskActor, at: dt.datetime) -> Ask:
    """The ask goes out. Raises `AskNotInState`, `NotAllowed`."""
    ask = _locked(ask)
    return _move(ask, "send", "ask.sent", by=by, at=at, sent_at=at)


@transaction.atomic
def accept_ask(*, ask: Ask, by: AskActor, at: dt.datetime, channel: str = "") -> Ask:
    """The person says yes; staff write it down with the way they heard it. Raises `AskNotInState`, `NotAllowed`."""
    ask = _locked(ask)
    return _move(ask, "accept", "ask.answered", by=by, at=at, **_answer(by, at, channel))


@transaction.atomic
def decline_ask(*, ask: Ask, reason: str, by: AskActor, at: dt.datetime, note: str = "", channel: str = "") -> Ask:
    """The person says no, and why. Raises `DeclineWithoutReason`, `AskNotInState`, `NotAllowed`."""
    if reason not in DeclineReason.values:
        raise DeclineWithoutReason
    ask = _locked(ask)
    answer = _answer(by, at, channel) | {"decline_reason": reason, "answer_note": note.strip(), "closed_at": at}
    return _move(ask, "decline", "ask.answered", by=by, at=at, releases=True, **answer)


@transaction.atomic
def postpone_ask(*, ask: Ask, until: dt.date, by: AskActor, at: dt.datetime, note: str = "", channel: str = "") -> Ask:
    """Not now, but after a day: a full answer. Raises `WrongDay`, `AskNotInState`, `NotAllowed`."""
    low, high = (_today(at) + dt.timedelta(days=days) for days in _LATER_DAYS)
    if not low <= until <= high:
        raise WrongDay("until", "Choose a day from tomorrow to a year ahead.")
    ask = _locked(ask)
    answer = _answer(by, at, channel) | {"later_until": until, "answer_note": note.strip(), "closed_at": at}
    return _move(ask, "later", "ask.answered", by=by, at=at, releases=True, **answer)


@transaction.atomic
def withdraw_ask(*, ask: Ask, by: AskActor, at: dt.datetime, reason: str = AskEnd.WITHDRAWN) -> Ask:
    """We take the ask back before it was answered. Raises `AskNotInState`, `NotAllowed`."""
    ask = _locked(ask)
    return _move(
        ask, "withdraw", "ask.withdrawn", by=by, at=at, releases=True, closed_at=at, closed_reason=AskEnd(reason)
    )


@transaction.atomic
def expire_ask(*, ask: Ask, at: dt.datetime) -> Ask:
    """Nobody answered in time. Raises `AskNotInState`."""
    ask = _locked(ask)
    ended = {"closed_at": at, "closed_reason": AskEnd.NO_ANSWER}
    return _move(ask, "expire", "ask.withdrawn", by=None, at=at, releases=True, **ended)


def expire_reservations(*, at: dt.datetime) -> int:
    """Withdraws what was reserved and not sent for 14 days; answers how many."""
    due = Ask.objects.filter(state=AskState.RESERVED, reserved_at__lte=at - UNSENT_AFTER).order_by("pk")
    return sum(_withdraw_unsent(ask, at) for ask in due)


def _withdraw_unsent(ask: Ask, at: dt.datetime) -> bool:
    try:
        withdraw_ask(ask=ask, by=None, at=at, reason=AskEnd.UNSENT)
    except AskNotInState:
        return False
    return True


@transaction.atomic
def complete_ask(*, ask: Ask, actual_minutes: int, done_on: dt.date, by: AskActor, at: dt.datetime) -> Ask:
    """It took place: the minutes it took are used, the champion rests, and the act is on record.

    Raises `ActualMinutesOutOfRange`, `WrongDay`, `AskNotInState`, `NotAllowed`.
    """
    low, high = ACTUAL_MINUTES
    if not low <= actual_minutes <= high:
        raise ActualMinutesOutOfRange
    if done_on > _today(at):
        raise WrongDay("done_on", "It cannot have been done in the future.")
    ask = _locked(ask)
    was_done = ask.state == AskState.DONE
    done = {"actual_minutes": actual_minutes, "done_on": done_on, "closed_at": at}
    ask = _move(ask, "complete", "ask.done", by=by, at=at, releases=True, **done)
    if not was_done:
        add_minutes(ask, EffortBucket.CONSUMED, actual_minutes, done_on, by=by, at=at)
        let_rest(ask, done_on, at)
        _record(ask, done_on, at)
    return ask


@transaction.atomic
def miss_ask(*, ask: Ask, missed_by: str, by: AskActor, at: dt.datetime) -> Ask:
    """The meeting did not take place; a champion who waited gave a quarter of an hour."""
    ask = _locked(ask)
    was_missed = ask.state == AskState.MISSED
    missed = {"missed_by": MissedBy(missed_by), "closed_at": at}
    ask = _move(ask, "miss", "ask.missed", by=by, at=at, releases=True, **missed)
    if missed_by != MissedBy.CHAMPION and not was_missed:
        add_minutes(ask, EffortBucket.CONSUMED, WAITED_MINUTES, _today(at), by=by, at=at)
    return ask


@transaction.atomic
def cancel_ask(*, ask: Ask, canceled_by: str, by: AskActor, at: dt.datetime) -> Ask:
    """The meeting is called off; within a day of it by our side it cost the champion a quarter of an hour."""
    ask = _locked(ask)
    was_accepted = ask.state == AskState.ACCEPTED
    is_late = ask.scheduled_at is not None and ask.scheduled_at - at < LATE_CANCEL
    off = {"missed_by": MissedBy(canceled_by), "closed_at": at, "closed_reason": AskEnd.CANCELED}
    ask = _move(ask, "cancel", "ask.withdrawn", by=by, at=at, releases=True, **off)
    if was_accepted and is_late and canceled_by == MissedBy.US:
        add_minutes(ask, EffortBucket.CONSUMED, WAITED_MINUTES, _today(at), by=by, at=at)
    return ask


@transaction.atomic
def undo_answer(*, ask: Ask, by: AskActor, at: dt.datetime) -> Ask:
    """The person takes an answer back within a day. Raises `UndoTooLate`, `AskRefused` when the minutes are gone."""
    ask = _locked(ask)
    was_released = ask.state in (AskState.DECLINED, AskState.LATER)
    if move_of("undo", ask.state) and (
        ask.answered_at is None or at - ask.answered_at > UNDO_WITHIN or ask.scheduled_at is not None
    ):
        raise UndoTooLate
    if was_released:
        _refuse_without_minutes(ask, at)
    asked_anew: dict[str, Any] = {
        "answered_at": None,
        "answered_as": "",
        "answer_channel": "",
        "decline_reason": "",
        "closed_at": None,
    }
    ask = _move(ask, "undo", "ask.sent", by=by, at=at, **asked_anew)
    if was_released:
        add_minutes(ask, EffortBucket.RESERVED, ask.minutes, _today(at), by=by, at=at)
    return ask


def _refuse_without_minutes(ask: Ask, at: dt.datetime) -> None:
    failing = champion_is_eligible(ask.champion_id or 0, use=ask.use, at=at, minutes=ask.minutes)
    gone = [gate for gate in failing if gate.code in (Gate.BUDGET_PERSON, Gate.BUDGET_ACCOUNT)]
    if gone:
        raise AskRefused([told_gate(gate) for gate in gone])


# --- What every move does ---------------------------------------------------------------------------------------
def _locked(ask: Ask) -> Ask:
    """The ask of this moment, its minutes and itself locked in the order of all."""
    hold_merges_off()
    if ask.champion_id:
        lock_meters([ask.champion_id])
    return Ask.objects.select_for_update(of=("self",)).select_related("account", "opportunity").get(pk=ask.pk)


def _move(
    ask: Ask, action: str, event: str, *, by: AskActor, at: dt.datetime, releases: bool = False, **columns: Any
) -> Ask:
    """One row of the table, under the locks. Raises `AskNotInState`, `NotAllowed`."""
    row = move_of(action, ask.state)
    if row is None:
        if ask.state == target_of(action) and _says_the_same(ask, columns):
            return ask
        raise AskNotInState(action, ask.state)
    if not row.who & parts_in(by, ask):
        raise NotAllowed(f"{row.label}: only for {', '.join(sorted(row.who))}.")
    for name, value in (columns | {"state": row.target}).items():
        setattr(ask, name, value)
    ask.save(update_fields=[*columns, "state"])
    if releases:
        add_minutes(ask, EffortBucket.RESERVED, -ask.minutes, _today(at), by=by, at=at)
    tell_ask(event, ask)
    return ask


def _says_the_same(ask: Ask, columns: dict[str, Any]) -> bool:
    """Whether the same answer came again: moments and who said it aside."""
    moments = {"sent_at", "answered_at", "closed_at", "answered_as", "answer_channel", "answer_note"}
    return all(getattr(ask, name) == value for name, value in columns.items() if name not in moments)


def _answer(by: AskActor, at: dt.datetime, channel: str) -> dict[str, Any]:
    return {
        "answered_at": at,
        "answered_as": name_of_asker(by),
        "answer_channel": AskChannel(channel) if channel else "",
    }


def _today(at: dt.datetime) -> dt.date:
    return at.astimezone(dt.UTC).date()


# --- What follows from something done ---------------------------------------------------------------------------
def _record(ask: Ask, done_on: dt.date, at: dt.datetime) -> None:
    """The act, and the buyer it met where the ask named one: credit follows without a hand in between."""
    kind = _ACTIVITY_OF.get(Use(ask.use))
    if kind is None or ask.champion is None:
        return
    moment = min(at, dt.datetime.combine(done_on, dt.time(12), tzinfo=dt.UTC))
    name = str(ask.public_id)
    item = ActivityItem(
        kind,
        ask.get_use_display(),
        moment,
        "ask",
        name,
        champion_id=ask.champion_id,
        evidence={"ask": ask.public_id.hex, "minutes": ask.actual_minutes},
        public_id=uuid.uuid5(ask.public_id, "activity"),
    )
    activity = record_activities(items=[item], at=at)[0].stored()
    if ask.opportunity_id or ask.prospect_id:
        record_encounter(
            activity=activity,
            kind=EncounterKind.CONVERSATION,
            occurred_at=moment,
            source="ask",
            source_ref=name,
            at=at,
            opportunity=ask.opportunity,
            given_rung=Rung.EXPLICIT if ask.opportunity_id else None,
            buyer_account=ask.prospect,
        )
