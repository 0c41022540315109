"""Taking back what did not happen: a withdrawn act or meeting loses its credit to the others, until restored."""

from __future__ import annotations

from typing import Any

from django import forms

from advocacy.actions.activity import restore_activity, withdraw_activity
from advocacy.actions.encounter import restore_encounter, withdraw_encounter
from advocacy.permissions import may_run_attribution
from clg.admin import Act


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=500, help_text="Stays in the history and on the deal page.")


def _stands(row: Any, reader: Any) -> bool:
    return bool(may_run_attribution(reader)) and not row.is_withdrawn


def _is_withdrawn(row: Any, reader: Any) -> bool:
    return bool(may_run_attribution(reader)) and row.is_withdrawn


ACTIVITY_ACTS = (
    Act(
        "withdraw",
        "Withdraw",
        "It earns nothing any more, on no deal; the credit moves to the other touches. This can be undone.",
        "Withdrawn. The deals it met are divided anew within a minute.",
        lambda row, answers, by, at: withdraw_activity(activity=row, reason=answers["reason"], by=by, at=at),
        _stands,
        form=ReasonForm,
        tone="danger",
    ),
    Act(
        "restore",
        "Restore",
        "It counts again, as if it had never been withdrawn.",
        "Restored. The deals it met are divided anew within a minute.",
        lambda row, answers, by, at: restore_activity(activity=row, by=by, at=at),
        _is_withdrawn,
    ),
)

ENCOUNTER_ACTS = (
    Act(
        "withdraw",
        "This was not us",
        "This meeting earns nothing any more; the act itself stands. This can be undone.",
        "Withdrawn. Its deals are divided anew within a minute.",
        lambda row, answers, by, at: withdraw_encounter(encounter=row, reason=answers["reason"], by=by, at=at),
        _stands,
        form=ReasonForm,
        tone="danger",
    ),
    Act(
        "restore",
        "Restore",
        "It counts again, as if it had never been withdrawn.",
        "Restored. Its deals are divided anew within a minute.",
        lambda row, answers, by, at: restore_encounter(encounter=row, by=by, at=at),
        _is_withdrawn,
    ),
)
