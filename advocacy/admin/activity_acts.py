"""Taking back what did not happen: a withdrawn act or meeting loses its credit to the others, until restored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from advocacy.actions.activity import mark_duplicate_activity, restore_activity, withdraw_activity
from advocacy.actions.encounter import restore_encounter, withdraw_encounter
from advocacy.models import Touch
from advocacy.permissions import may_run_attribution
from clg import wording
from clg.admin import Act

Undoing = Callable[..., Any]
FEW_DEALS = 5
AFTERWARDS = "Its deals are divided anew within a minute."


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=500, help_text="Stays in the history and on the deal page.")


def deals_met(reader: Any, **of: Any) -> str:
    """How far a withdrawal reaches: the deals by number, and by name as long as they are few."""
    touches = Touch.objects.visible_to(reader).counting().filter(**of).order_by()
    deals = dict(touches.values_list("opportunity", "opportunity__name").distinct())
    if not deals:
        return "It touches no deal now."
    named = f": {', '.join(sorted(filter(None, deals.values())))}" if len(deals) <= FEW_DEALS else ""
    return f"It touches {wording.count(len(deals), 'deal')}{named}."


def _pair(label: str, sentence: str, withdraw: Undoing, restore: Undoing, argument: str) -> tuple[Act, Act]:
    """Withdrawing a fact with its reason, and the way back; `argument` is what both actions call the row."""
    return (
        Act(
            "withdraw",
            label,
            sentence,
            f"Withdrawn. {AFTERWARDS}",
            lambda row, answers, by, at: withdraw(**{argument: row}, reason=answers["reason"], by=by, at=at),
            lambda row, reader: not row.is_withdrawn,
            form=ReasonForm,
            tone="danger",
            may=may_run_attribution,
            reach=lambda row, reader: deals_met(reader, **{argument: row}),
        ),
        Act(
            "restore",
            "Restore",
            "It counts again, as if it had never been withdrawn.",
            f"Restored. {AFTERWARDS}",
            lambda row, answers, by, at: restore(**{argument: row}, by=by, at=at),
            lambda row, reader: row.is_withdrawn,
            may=may_run_attribution,
        ),
    )


ACTIVITY_ACTS = (
    *_pair(
        "Withdraw",
        "It earns nothing any more, on no deal; the credit moves to the other touches. This can be undone.",
        withdraw_activity,
        restore_activity,
        "activity",
    ),
    Act(
        "no-duplicate",
        "Not a duplicate",
        "It counts as an act of its own again.",
        f"No duplicate any more. {AFTERWARDS}",
        lambda row, answers, by, at: mark_duplicate_activity(activity=row, duplicate_of=None, by=by, at=at),
        lambda row, reader: row.duplicate_of_id is not None,
        may=may_run_attribution,
        reach=lambda row, reader: f"Now it repeats “{row.duplicate_of}”.",
    ),
)
ENCOUNTER_ACTS = _pair(
    "This was not us",
    "This meeting earns nothing any more; the act itself stands. This can be undone.",
    withdraw_encounter,
    restore_encounter,
    "encounter",
)
