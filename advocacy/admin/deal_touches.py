"""Naming a touch on the page of a deal, taking one back, and saying so while the credit is still to come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import Opportunity
from advocacy.actions.naming import name_new_touch, name_touch
from advocacy.admin.words import activity_link
from advocacy.choices import ActivityKind, EncounterKind, TouchRole
from advocacy.models import Activity, AttributionDirty, Champion, Encounter, Touch
from advocacy.permissions import may_know_champion, may_run_attribution, may_see_attribution
from advocacy.privacy import champion_name
from clg import wording
from clg.admin import Act, RowForm, act_address, cells, register_act, register_panel

SHOWN = 50
ROLES = (
    (TouchRole.INFLUENCED, "It helped the deal along"),
    (TouchRole.SOURCED, "The deal exists because of it"),
)


class NameTouchForm(RowForm):
    """An act that is known, or one that nobody has recorded yet; what it did for the deal, and when."""

    activity = forms.ModelChoiceField(
        label="Which activity",
        queryset=Activity.objects.none(),
        required=False,
        help_text="Search by title or company. Leave it empty for one that nobody has recorded yet.",
        widget=AutocompleteSelect(Encounter._meta.get_field("activity"), admin.site),
        error_messages={"invalid_choice": "It was withdrawn, or repeats another; choose the one that stands."},
    )
    champion = forms.ModelChoiceField(
        label="Not recorded yet: who did it",
        queryset=Champion.objects.none(),
        required=False,
        widget=AutocompleteSelect(Activity._meta.get_field("champion"), admin.site),
    )
    activity_kind = forms.ChoiceField(
        label="Not recorded yet: what was it", choices=[("", "Choose"), *ActivityKind.choices], required=False
    )
    title = forms.CharField(label="Not recorded yet: in your words", max_length=255, required=False)
    role = forms.ChoiceField(
        label="What did it do", choices=ROLES, initial=TouchRole.INFLUENCED, widget=forms.RadioSelect
    )
    kind = forms.ChoiceField(label="How did the buyer meet it", choices=EncounterKind.choices)
    occurred_at = forms.DateTimeField(
        label="When did they meet, UTC",
        required=False,
        help_text="Empty: when the activity happened.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        among = {
            "activity": Activity.objects.visible_to(self.reader).standing(),
            "champion": Champion.objects.visible_to(self.reader).select_related("contact"),
        }
        for name, rows in among.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if answers.get("activity") is None and "activity" not in self.errors:
            for name in ("champion", "activity_kind", "occurred_at"):
                if not answers.get(name) and name not in self.errors:
                    self.add_error(name, "Choose an activity above, or say who did what and when.")
        return answers


def _name(row: Opportunity, answers: Mapping[str, Any], by: Any, at: dt.datetime) -> Encounter:
    said = {"role": answers["role"], "kind": answers["kind"], "occurred_at": answers["occurred_at"]}
    if answers["activity"] is not None:
        return name_touch(opportunity=row, activity=answers["activity"], **said, by=by, at=at)
    act = {"champion": answers["champion"], "activity_kind": answers["activity_kind"], "title": answers["title"]}
    return name_new_touch(opportunity=row, **act, **said, by=by, at=at)


NAME_TOUCH = Act(
    "name-touch",
    "Name a touch",
    "You say that an activity met this deal. It counts from now on as surely as one that the CRM named; your name"
    " stands beside it, and anybody with the right can take it back.",
    "Named. The deal is divided anew within a minute.",
    _name,
    lambda row, reader: not row.is_deleted,
    form=NameTouchForm,
    tone="primary",
    may=may_run_attribution,
)


def being_computed(request: HttpRequest, row: Any) -> SafeString | str:
    """While marks of the deal wait, the panels fetch themselves anew; the last time without this banner."""
    if not may_see_attribution(request.user) or not AttributionDirty.objects.reaching(row).exists():
        return ""
    told = {
        "title": "The credit of this deal is being computed",
        "text": "What you see is what held before. The page shows the new figures by itself.",
    }
    return render_to_string("admin/clg/live.html", told, request)


def taken_back(request: HttpRequest, row: Any) -> SafeString | str:
    """Touches that were withdrawn or repeat another act, each with the way back."""
    if not may_see_attribution(request.user):
        return ""
    touches = Touch.objects.visible_to(request.user).taken_back().filter(opportunity=row)
    related = ("encounter__named_by", "activity__duplicate_of", "champion__contact", "champion__account")
    rows = [_taken_back(touch, request) for touch in touches.select_related(*related).order_by("-occurred_at")[:SHOWN]]
    return render_to_string("admin/advocacy/deal_taken_back.html", {"rows": rows}, request) if rows else ""


def _taken_back(touch: Touch, request: HttpRequest) -> dict[str, Any]:
    """What is undone is what took it back: the meeting, the whole act, or that it repeats another."""
    encounter, activity = touch.encounter, touch.activity
    undone: Encounter | Activity
    if encounter.is_withdrawn:
        why, undone, act = encounter.withdrawn_reason, encounter, "restore"
    elif activity.is_withdrawn:
        why, undone, act = f"The whole activity: {activity.withdrawn_reason}", activity, "restore"
    else:
        why, undone, act = "It repeats another activity", activity, "no-duplicate"
    may = bool(may_run_attribution(request.user))
    return {
        "what": activity_link(activity, request.user),
        "who": champion_name(touch.champion, request.user),
        "day": wording.day(touch.occurred_at),
        "when": wording.day(getattr(undone, "withdrawn_at", None)),
        # Words about an act may name whose it was.
        "why": why if may_know_champion(request.user, touch.champion) else "",
        "label": "Restore" if act == "restore" else "Not a duplicate",
        "address": act_address(undone, act, back=cells.address(touch.opportunity)) if may else "",
    }


register_act(Opportunity, NAME_TOUCH)
register_panel(Opportunity, being_computed, place=15)
register_panel(Opportunity, taken_back, place=25)
