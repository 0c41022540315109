"""The moves of a champion as buttons: offered by the transition tuple, done by the actions of the pool."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from accounts.models import Contact
from advocacy.actions import champion as pool
from advocacy.choices import Standing
from advocacy.models import Champion
from advocacy.permissions import may_confirm, may_run_pool
from advocacy.readiness.standing import TRANSITIONS, actions_from
from clg.admin import Act

Answers = Mapping[str, Any]


def _reasons(action: str) -> list[tuple[str, str]]:
    """The reasons of the table, in words; reasons that only the system gives are left to it."""
    given = {reason for row in TRANSITIONS if row.action == action for reason in row.reasons}
    ordered = [reason for row in TRANSITIONS if row.action == action for reason in row.reasons if reason in given]
    return [(reason, reason.replace("_", " ").capitalize()) for reason in dict.fromkeys(ordered) if reason != "erased"]


class RejectForm(forms.Form):
    reason = forms.ChoiceField(label="Why not", choices=_reasons("reject"))
    note = forms.CharField(
        label="In your words",
        required=False,
        help_text="Needed when the reason is Other; the nominator reads it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class JoinForm(forms.Form):
    proof = forms.CharField(
        label="How do you know that they want to",
        help_text="For instance: said so on the call of 3 March, mail of the same day.",
        max_length=500,
    )


class RestForm(forms.Form):
    until = forms.DateField(label="Until which day", widget=forms.DateInput(attrs={"type": "date"}))


class PauseForm(forms.Form):
    until = forms.DateField(
        label="Until which day",
        required=False,
        help_text="Empty: until somebody resumes them.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class RetireForm(forms.Form):
    reason = forms.ChoiceField(label="Why", choices=_reasons("retire"))


def _allowed(action: str) -> Callable[[Any, Any], bool]:
    return lambda row, reader: any(move.action == action for move in actions_from(row.standing, reader))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _pause(row: Champion, answers: Answers, by: Any, at: dt.datetime) -> Champion:
    day = answers["until"]
    return pool.pause_champion(champion=row, until=_midnight(day) if day else None, by=by, at=at)


def _act(name: str, label: str, sentence: str, done: str, run: Callable[..., object], **options: Any) -> Act:
    return Act(name, label, sentence, done, run, _allowed(name), may=may_run_pool, **options)


CHAMPION_ACTS = (
    Act(
        "confirm",
        "Confirm as still right",
        "You say that what stands here about this champion is still right.",
        "Confirmed.",
        lambda row, answers, by, at: pool.confirm_champion(champion=row, by=by, at=at),
        lambda row, reader: row.standing not in (Standing.RETIRED, Standing.NOMINATED),
        may=may_confirm,
    ),
    _act(
        "retire",
        "Retire",
        "They leave the pool. What they did keeps its credit; nobody will ask them any more.",
        "Retired from the pool.",
        lambda row, answers, by, at: pool.retire_champion(champion=row, reason=answers["reason"], by=by, at=at),
        form=RetireForm,
        tone="danger",
    ),
    _act(
        "pause",
        "Pause",
        "Nobody asks them until they are resumed.",
        "Paused.",
        _pause,
        form=PauseForm,
    ),
    _act(
        "rest",
        "Rest",
        "Nobody asks them until that day; then they wake by themselves.",
        "Resting.",
        lambda row, answers, by, at: pool.rest_champion(champion=row, until=_midnight(answers["until"]), by=by, at=at),
        form=RestForm,
    ),
    _act(
        "reject",
        "Reject",
        "The nomination ends here; the nominator is told the reason.",
        "Rejected. The nominator is told.",
        lambda row, answers, by, at: pool.reject_champion(
            champion=row, reason=answers["reason"], note=answers["note"], by=by, at=at
        ),
        form=RejectForm,
        tone="danger",
    ),
    _act(
        "invite",
        "Invite",
        "They are invited to join the pool. Without an answer the invitation lapses after 30 days.",
        "Invited.",
        lambda row, answers, by, at: pool.invite_champion(champion=row, by=by, at=at),
        tone="primary",
    ),
    _act(
        "join",
        "Record that they joined",
        "They are in the pool from now on.",
        "Joined the pool.",
        lambda row, answers, by, at: pool.join_pool(champion=row, proof=answers["proof"], by=by, at=at),
        form=JoinForm,
        tone="primary",
    ),
    _act(
        "wake",
        "Wake",
        "Their rest ends now; they may be asked again.",
        "Awake again.",
        lambda row, answers, by, at: pool.wake_champion(champion=row, by=by, at=at),
        tone="primary",
    ),
    _act(
        "resume",
        "Resume",
        "Their pause ends now. A rest that is not over yet goes on.",
        "Resumed.",
        lambda row, answers, by, at: pool.resume_champion(champion=row, by=by, at=at),
        tone="primary",
    ),
)


class NominateForm(forms.Form):
    why = forms.CharField(
        label="Why would they speak for us",
        help_text="10 to 1,000 characters. The marketer who reviews it reads this.",
        min_length=10,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    grade = forms.TypedChoiceField(
        label="How good is the relationship",
        choices=[("", "No grade"), *((str(grade), f"{grade} of 5") for grade in range(1, 6))],
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Kept as a relationship signal.",
    )


def _nominate(row: Contact, answers: Answers, by: Any, at: dt.datetime) -> Champion:
    return pool.nominate_champion(contact=row, why=answers["why"], grade=answers["grade"], by=by, at=at)


def _may_nominate(row: Contact, reader: Any) -> bool:
    champion = Champion.objects.visible_to(reader).filter(contact=row).first()
    return any(move.action == "nominate" for move in actions_from(champion.standing if champion else "", reader))


NOMINATE = Act(
    "nominate",
    "Nominate",
    "They join the nominations; a marketer says yes or no. Only contacts of customers can be nominated.",
    "Nominated. A marketer reviews it.",
    _nominate,
    _may_nominate,
    form=NominateForm,
    tone="primary",
)
