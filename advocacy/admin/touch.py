"""Touches: written by the matcher alone, reviewed by people where it was not sure."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.admin.credit import RUNG_WORDS, rung_tag
from advocacy.admin.touch_acts import TOUCH_ACTS, TOUCH_BULK_ACTS
from advocacy.choices import Rung, Side, TouchRole
from advocacy.models import Touch
from advocacy.permissions import (
    knows_everybody,
    may_export_attribution,
    may_know_champion,
    may_see_attribution,
    may_see_people,
)
from advocacy.querysets.attribution import WEAK_RUNGS
from clg.admin import (
    Column,
    QuestionFilter,
    ReadOnlyAdmin,
    Rights,
    Rows,
    Way,
    WithBulkActs,
    WithExport,
    WithSavedFilters,
    cells,
)
from clg.permissions import Verdict


class ReviewFilter(QuestionFilter):
    title = "Should somebody look at it?"
    parameter_name = "review"
    answers: ClassVar[dict[str, str]] = {
        "1": "To review: weak match or suspected double",
        "weak": "To review: weak match, no person known",
        "double": "To review: suspected double",
    }

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        if answer == "1":
            return queryset.to_review()
        return queryset.weak_to_review() if answer == "weak" else queryset.doubles_to_review()


class RungFilter(QuestionFilter):
    title = "How surely is it tied?"
    parameter_name = "rung"
    answers: ClassVar[dict[str, str]] = {str(rung.value): f"{rung.value} {RUNG_WORDS[rung]}" for rung in Rung}


class SideFilter(QuestionFilter):
    title = "Whose advocacy was it?"
    parameter_name = "side"
    answers: ClassVar[dict[str, str]] = {
        Side.OWN: "The deal's own customer",
        Side.FAMILY: "The same family of companies",
        Side.PEER: "Another customer",
    }


class TouchRoleFilter(QuestionFilter):
    title = "Did it source the deal?"
    parameter_name = "role"
    answers = dict(TouchRole.choices)


EXPORTED = (
    Column("Deal", lambda row: str(row.opportunity)),
    Column("Activity", lambda row: row.shown_title or row.get_activity_kind_display()),
    Column("Kind", lambda row: row.get_activity_kind_display()),
    Column("Champion", lambda row: row.shown_name),
    Column("When", lambda row: row.occurred_at),
    Column("Rung", lambda row: row.rung),
    Column("Match", lambda row: RUNG_WORDS[Rung(row.rung)]),
    Column("Side", lambda row: row.side),
    Column("Role", lambda row: row.role),
    Column("Source", lambda row: row.source),
    Column("Void", lambda row: row.void_reason),
    Column("Accepted", lambda row: row.accepted_at),
    Column("Id", lambda row: row.name_outside),
)


@admin.register(Touch)
class TouchAdmin(WithBulkActs, WithSavedFilters, WithExport, ReadOnlyAdmin[Touch]):
    rights = Rights(
        see=may_see_attribution,
        open=may_see_people,
        open_row=lambda reader, row: may_know_champion(reader, row.champion),
    )
    acts = TOUCH_ACTS
    bulk_acts = TOUCH_BULK_ACTS
    export_columns = EXPORTED
    empty_answers: ClassVar[dict[str, tuple[str, str]]] = {
        "review": (
            "Nothing to review",
            "Weak matches that hold credit, and records that look like one act told twice, come up here.",
        )
    }
    empty_title = "No touch yet"
    empty_text = "A touch is an encounter tied to a deal. The matcher writes it as soon as both are here."
    empty_ways = (Way("Choose a deal and name a touch", "accounts.opportunity"),)

    list_display = ("what", "opportunity", "activity_kind", "match", "side", "role", "occurred", "state")
    list_display_links = ("what",)
    list_filter = (ReviewFilter, RungFilter, SideFilter, TouchRoleFilter)
    search_help_text = "Deal or activity"
    ordering = ("-occurred_at", "-id")
    fieldsets = (
        ("Who met which deal", {"fields": (("activity", "opportunity"), ("encounter", "occurred_at"))}),
        ("How surely", {"fields": (("rung", "side", "role"), ("kind", "activity_kind", "weight_hint"), "source")}),
        ("Life of this version", {"fields": (("recorded_at", "superseded_at", "void_reason"),)}),
    )

    def suggested(self, row: Any) -> str:
        return f"{row.shown_title or row.get_activity_kind_display()} · {row.opportunity}"

    def may_export(self, reader: Any) -> Verdict:
        return may_export_attribution(reader)

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.current().for_list(reader)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Titles name persons: who sees none cannot search them either."""
        if knows_everybody(request.user):
            return ("opportunity__name", "activity__title")
        return ("opportunity__name",)

    @display(description="Activity", ordering="shown_title", header=True)
    def what(self, row: Any) -> list[str]:
        return [row.shown_title or row.get_activity_kind_display(), row.shown_name]

    @display(description="Match", ordering="rung")
    def match(self, row: Touch) -> SafeString:
        return rung_tag(row.rung)

    @display(description="When", ordering="occurred_at")
    def occurred(self, row: Touch) -> SafeString:
        return cells.near(row.occurred_at, self.now())

    @display(description="State")
    def state(self, row: Any) -> SafeString:
        return touch_state(row)


def touch_state(row: Any) -> SafeString:
    """Void, called right by a person, looking like a double, or counting as it stands."""
    if row.void_reason:
        return cells.tag(row.get_void_reason_display(), "warn")
    if row.accepted_at:
        return cells.tag("Accepted", "good", "✓")
    if row.is_double:
        return cells.tag("Looks like a double", "warn")
    return cells.tag("Counts, not reviewed", "info") if row.rung in WEAK_RUNGS else cells.tag("Counts", "good", "✓")
