"""Runs of attribution: the list, and starting one. What a run found is read-only, on `run_page`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.actions.attribution import request_run
from advocacy.admin.words import run_tag
from advocacy.choices import RunKind, RunStatus
from advocacy.errors import NothingToCompute
from advocacy.models import AttributionModel, AttributionRun
from advocacy.permissions import may_run_attribution, may_see_attribution
from clg import wording
from clg.admin import Act, QuestionFilter, ReadOnlyAdmin, Rights, RowForm, Rows, WithListTools, cells

CHANGES, FULL = str(RunKind.CHANGES), str(RunKind.FULL)


class StartForm(RowForm):
    """What to compute: what has changed, everything, or the sets of one active model."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models = AttributionModel.objects.visible_to(self.reader).filter(is_active=True)
        choices = [
            (CHANGES, "What has changed since the last run"),
            (FULL, "Everything anew: match every encounter, divide every deal"),
            *((model.key, f"Every deal under {model}") for model in models),
        ]
        self.fields["what"] = forms.ChoiceField(label="What to compute", choices=choices, initial=CHANGES)


def _start(row: None, answers: Mapping[str, Any], by: Any, at: dt.datetime) -> AttributionRun:
    what = answers["what"]
    if what in (CHANGES, FULL):
        run = request_run(kind=what, by=by, at=at)
    else:
        run = request_run(
            kind=RunKind.MODEL, models=AttributionModel.objects.visible_to(by).filter(key=what), by=by, at=at
        )
    if run is None:
        raise NothingToCompute
    return run


START = Act(
    "start",
    "Start a run",
    "Changes are computed every 30 seconds by themselves. Start one when you do not want to wait, or to compute all"
    " anew: credit that comes out the same is not written again.",
    "Asked for. This page shows how far it is.",
    _start,
    lambda row, reader: True,
    form=StartForm,
    tone="primary",
    may=may_run_attribution,
)


class RunKindFilter(QuestionFilter):
    title = "What was computed?"
    parameter_name = "kind"
    answers = dict(RunKind.choices)


class RunStatusFilter(QuestionFilter):
    title = "How did it go?"
    parameter_name = "status"
    answers = dict(RunStatus.choices)


@admin.register(AttributionRun)
class AttributionRunAdmin(WithListTools, ReadOnlyAdmin[AttributionRun]):
    rights = Rights(see=may_see_attribution)
    list_acts = (START,)
    empty_title = "No run yet"
    empty_text = "Changes are computed every 30 seconds while there is work. The first run starts with the first data."

    list_display = ("name", "kind", "status_tag", "computed", "deals", "sets", "took", "asked_by", "frozen_name")
    list_display_links = ("name",)
    list_filter = (RunKindFilter, RunStatusFilter)
    ordering = ("-id",)
    readonly_fields = ("asked_by",)
    fieldsets = (
        ("What", {"fields": (("kind", "status", "attempt"), ("as_of", "asked_by"))}),
        ("When", {"fields": (("started_at", "finished_at"), "error")}),
        ("Frozen", {"fields": (("frozen_name", "frozen_at"),)}),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.with_progress().with_requester()

    @display(description="Run", ordering="id")
    def name(self, row: AttributionRun) -> SafeString:
        return cells.code(row.name_outside[:12])

    @display(description="Status", ordering="status")
    def status_tag(self, row: AttributionRun) -> SafeString:
        return run_tag(row.status)

    @display(description="As of", ordering="as_of")
    def computed(self, row: AttributionRun) -> SafeString:
        return cells.near(row.as_of, self.now())

    @display(description="Requested by", ordering="requester")
    def asked_by(self, row: Any) -> str:
        return str(row.requester)

    @display(description="Deals", ordering="deals_done")
    def deals(self, row: Any) -> SafeString:
        if row.status == RunStatus.COMPLETED or not row.deals_total:
            return cells.figure(wording.number(row.deals_done))
        return cells.figure(f"{wording.number(row.deals_done)} of {wording.number(row.deals_total)}")

    @display(description="Sets written", ordering="sets_written")
    def sets(self, row: Any) -> SafeString:
        return cells.figure(wording.number(row.sets_written))

    @display(description="Took")
    def took(self, row: AttributionRun) -> SafeString:
        if not row.started_at or not row.finished_at:
            return cells.QUIET
        return cells.figure(f"{(row.finished_at - row.started_at).total_seconds():.1f} s")
