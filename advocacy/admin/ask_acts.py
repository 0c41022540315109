"""The moves of an ask as buttons: offered by the table of `advocacy/asks/lifecycle.py`, done by its actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from advocacy.actions import answering
from advocacy.asks.lifecycle import MOVES, WAITED_MINUTES, moves_from
from advocacy.asks.parts import parts_in
from advocacy.choices import ACTUAL_MINUTES, AskChannel, DeclineReason, MissedBy
from advocacy.models import Ask
from clg.admin import Act, RowForm

Answers = Mapping[str, Any]
_LABELS = {move.action: move.label for move in MOVES}


class AcceptForm(forms.Form):
    channel = forms.ChoiceField(label="How did they say so", choices=AskChannel.choices)


class DeclineForm(AcceptForm):
    reason = forms.ChoiceField(label="Why not", choices=DeclineReason.choices)
    note = forms.CharField(
        label="In their words", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class LaterForm(AcceptForm):
    until = forms.DateField(
        label="Not before which day",
        help_text="From tomorrow to a year ahead.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    note = forms.CharField(
        label="In their words", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class CompleteForm(RowForm):
    """What it took; at first what was reserved."""

    done_on = forms.DateField(label="On which day", widget=forms.DateInput(attrs={"type": "date"}))
    actual_minutes = forms.IntegerField(
        label="Minutes it took them", min_value=ACTUAL_MINUTES[0], max_value=ACTUAL_MINUTES[1]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["actual_minutes"].initial = self.row.minutes


class MissForm(forms.Form):
    missed_by = forms.ChoiceField(label="Who did not come", choices=MissedBy.choices)


class CancelForm(forms.Form):
    canceled_by = forms.ChoiceField(label="Who called it off", choices=MissedBy.choices)


def _allowed(action: str) -> Callable[[Any, Any], bool]:
    return lambda row, reader: any(move.action == action for move in moves_from(row.state, parts_in(reader, row)))


def _act(action: str, sentence: str, done: str, run: Callable[[Ask, Answers, Any, Any], object], **options: Any) -> Act:
    return Act(action, _LABELS[action], sentence, done, run, _allowed(action), **options)


ASK_ACTS = (
    _act(
        "withdraw",
        "You take it back before they answered. Its minutes are free again.",
        "Withdrawn. Its minutes are free again.",
        lambda row, answers, by, at: answering.withdraw_ask(ask=row, by=by, at=at),
        tone="danger",
    ),
    _act(
        "cancel",
        "What was agreed does not take place. Its minutes are free again; called off by our side within a day of the"
        f" meeting, {WAITED_MINUTES} of them count as used.",
        "Called off.",
        lambda row, answers, by, at: answering.cancel_ask(ask=row, by=by, at=at, **answers),
        form=CancelForm,
        tone="danger",
    ),
    _act(
        "miss",
        f"It was agreed and did not take place. A champion who waited gave {WAITED_MINUTES} minutes.",
        "Written down as missed.",
        lambda row, answers, by, at: answering.miss_ask(ask=row, by=by, at=at, **answers),
        form=MissForm,
    ),
    _act(
        "decline",
        "They said no, and you write it down on their word. Its minutes are free again; a recent no holds off the next"
        " ask of this kind.",
        "Written down as declined.",
        lambda row, answers, by, at: answering.decline_ask(ask=row, by=by, at=at, **answers),
        form=DeclineForm,
    ),
    _act(
        "later",
        "They said not now, which is a full answer. Its minutes are free again.",
        "Written down. Its minutes are free again.",
        lambda row, answers, by, at: answering.postpone_ask(ask=row, by=by, at=at, **answers),
        form=LaterForm,
    ),
    _act(
        "send",
        "You say that the ask goes out to them now. Its minutes stay reserved until they answer.",
        "Sent.",
        lambda row, answers, by, at: answering.send_ask(ask=row, by=by, at=at),
        tone="primary",
    ),
    _act(
        "accept",
        "They said yes, and you write it down on their word.",
        "Written down as accepted.",
        lambda row, answers, by, at: answering.accept_ask(ask=row, by=by, at=at, **answers),
        form=AcceptForm,
        tone="primary",
    ),
    _act(
        "complete",
        "It took place. The minutes it took are used, the champion rests as the use says, and the act is on record.",
        "Done, and on record.",
        lambda row, answers, by, at: answering.complete_ask(ask=row, by=by, at=at, **answers),
        form=CompleteForm,
        tone="primary",
    ),
)
