"""Reviewing touches, on the page and on the list: this is right, this was not us, this is another one told twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms

from advocacy.actions.encounter import restore_encounter, withdraw_encounter
from advocacy.actions.touch import accept_touch, mark_double, reopen_touch
from advocacy.admin.activity_acts import AFTERWARDS, ReasonForm, deals_met
from advocacy.models import Activity, Touch, TouchAcceptance
from advocacy.permissions import may_run_attribution
from clg import wording
from clg.admin import Act, RowForm


class OriginalForm(RowForm):
    """Which of the records that look alike stays."""

    original = forms.ModelChoiceField(
        label="It repeats", queryset=Activity.objects.none(), widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doubles = Touch.objects.visible_to(self.reader).doubles_of(self.row)
        acts = (
            Activity.objects.visible_to(self.reader)
            .filter(pk__in=doubles.values("activity"), duplicate_of=None)
            .order_by("pk")
        )
        field = self.fields["original"]
        field.queryset = acts  # type: ignore[attr-defined]
        field.label_from_instance = _told  # type: ignore[attr-defined]
        field.initial = acts.first()


def _told(activity: Activity) -> str:
    return f"{activity}, {wording.day(activity.occurred_at)}, told by {activity.source}"


def _counts(row: Any, reader: Any) -> bool:
    return row.superseded_at is None and not row.void_reason


def _is_accepted(row: Touch) -> bool:
    return TouchAcceptance.objects.filter(touch=row, superseded_at=None).exists()


ACCEPT = Act(
    "accept",
    "Accept",
    "You say that the match is right as it stands. It is not asked again unless it is tied anew by other evidence.",
    "Accepted.",
    lambda row, answers, by, at: accept_touch(touch=row, by=by, at=at),
    lambda row, reader: _counts(row, reader) and not _is_accepted(row),
    tone="primary",
    may=may_run_attribution,
)
REOPEN = Act(
    "reopen",
    "Review again",
    "Your yes is taken back; if the match is weak or looks like a double, it comes up for review again.",
    "Taken back.",
    lambda row, answers, by, at: reopen_touch(touch=row, by=by, at=at),
    lambda row, reader: _counts(row, reader) and _is_accepted(row),
    may=may_run_attribution,
)
NOT_US = Act(
    "withdraw",
    "This was not us",
    "The meeting behind it earns nothing any more, on none of the deals it touches; the act itself stands. This can be"
    " undone.",
    f"Withdrawn. {AFTERWARDS}",
    lambda row, answers, by, at: withdraw_encounter(encounter=row.encounter, reason=answers["reason"], by=by, at=at),
    _counts,
    form=ReasonForm,
    tone="danger",
    may=may_run_attribution,
    reach=lambda row, reader: deals_met(reader, encounter=row.encounter_id),
)
RESTORE = Act(
    "restore",
    "Restore",
    "The meeting behind it counts again, as if it had never been withdrawn.",
    f"Restored. {AFTERWARDS}",
    lambda row, answers, by, at: restore_encounter(encounter=row.encounter, by=by, at=at),
    lambda row, reader: row.superseded_at is None and row.encounter.is_withdrawn,
    may=may_run_attribution,
)
DOUBLE = Act(
    "double",
    "Mark duplicate",
    "The act behind it is the same as another record. Everything this record touches earns nothing any more, on any"
    " deal; the other stays. This can be undone.",
    f"Marked as a duplicate. {AFTERWARDS}",
    lambda row, answers, by, at: mark_double(touch=row, original=answers["original"], by=by, at=at),
    lambda row, reader: _counts(row, reader) and Touch.objects.doubles_of(row).exists(),
    form=OriginalForm,
    may=may_run_attribution,
)
EARLIEST = replace(
    DOUBLE,
    sentence="Each repeats the earliest record of the same act, which stays. What they touch earns nothing any more, on"
    " any deal. This can be undone.",
    run=lambda row, answers, by, at: mark_double(touch=row, by=by, at=at),
    form=forms.Form,
)

TOUCH_ACTS = (RESTORE, REOPEN, DOUBLE, NOT_US, ACCEPT)
TOUCH_BULK_ACTS = (ACCEPT, NOT_US, EARLIEST)
