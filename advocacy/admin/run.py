"""Runs of attribution: progress, counts, refusals by reason. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.admin.words import run_tag
from advocacy.choices import RunKind, RunStatus
from advocacy.models import AttributionRun
from advocacy.permissions import may_see_attribution
from clg import wording
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, cells


class RunKindFilter(QuestionFilter):
    title = "What was computed?"
    parameter_name = "kind"
    answers = dict(RunKind.choices)


class RunStatusFilter(QuestionFilter):
    title = "How did it go?"
    parameter_name = "status"
    answers = dict(RunStatus.choices)


@admin.register(AttributionRun)
class AttributionRunAdmin(ReadOnlyAdmin[AttributionRun]):
    rights = Rights(see=may_see_attribution)
    empty_title = "No run yet"
    empty_text = "Changes are computed every 30 seconds while there is work. The first run starts with the first data."

    list_display = ("name", "kind", "status_tag", "as_of", "deals", "sets", "took", "requested_by", "frozen_name")
    list_display_links = ("name",)
    list_filter = (RunKindFilter, RunStatusFilter)
    ordering = ("-id",)
    fieldsets = (
        ("What", {"fields": (("kind", "status", "attempt"), ("as_of", "requested_by"), "model_versions")}),
        ("When", {"fields": (("started_at", "finished_at"), "error")}),
        ("Frozen", {"fields": (("frozen_name", "frozen_at"),)}),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.with_progress()

    @display(description="Run", ordering="id")
    def name(self, row: AttributionRun) -> SafeString:
        return cells.code(row.name_outside[:12])

    @display(description="Status", ordering="status")
    def status_tag(self, row: AttributionRun) -> SafeString:
        return run_tag(row.status)

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
