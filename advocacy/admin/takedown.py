"""Takedowns: what must come down because its grant ended, by when, and what showed that it is down."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.admin.grant import may_open_grant
from advocacy.admin.grant_acts import CLOSE
from advocacy.choices import GrantEnd
from advocacy.models import TakedownTask
from advocacy.permissions import may_see_grants
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, Way, cells


class TakedownStateFilter(QuestionFilter):
    title = "Is it down?"
    parameter_name = "down"
    answers: ClassVar[dict[str, str]] = {"0": "Not yet", "late": "Not yet, and overdue", "1": "Down"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        if answer == "late":
            return queryset.overdue(timezone.now().date())
        return queryset.open() if answer == "0" else queryset.exclude(closed_at=None)


class CauseFilter(QuestionFilter):
    title = "Why must it come down?"
    parameter_name = "cause"
    answers = dict(GrantEnd.choices)


@admin.register(TakedownTask)
class TakedownAdmin(ReadOnlyAdmin[TakedownTask]):
    rights = Rights(see=may_see_grants, open_row=lambda reader, row: may_open_grant(reader, row.grant_use.grant))
    acts = (CLOSE,)
    empty_answers: ClassVar[dict[str, tuple[str, str]]] = {
        "down=0": ("Nothing has to come down", "When a grant ends, every place that stands on it comes up here."),
        "down=late": ("Nothing is overdue", "Takedowns past their day come up here and are told on."),
    }
    empty_title = "Nothing has to come down"
    empty_text = "When a grant ends, every place that stands on it comes up here with a day and an owner."
    empty_ways = (Way("See the grants", "advocacy.grant"),)

    list_display = ("place", "channel", "grantor", "cause", "due", "owner", "state")
    list_display_links = ("place",)
    list_filter = (TakedownStateFilter, CauseFilter)
    ordering = ("due_on", "id")
    fieldsets = (
        ("What must come down", {"fields": (("grant_use", "cause"), ("due_on", "owner"))}),
        ("What was done", {"fields": (("opened_at", "escalated_at"), ("closed_at", "closed_by"), "note")}),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list(reader)

    @display(description="Place", ordering="grant_use__label", header=True)
    def place(self, row: TakedownTask) -> list[str]:
        return [row.grant_use.label, row.grant_use.url]

    @display(description="Where", ordering="grant_use__channel")
    def channel(self, row: TakedownTask) -> str:
        return row.grant_use.get_channel_display()

    @display(description="Grantor", ordering="shown_grantor")
    def grantor(self, row: Any) -> str:
        return str(row.shown_grantor)

    @display(description="Due", ordering="due_on")
    def due(self, row: TakedownTask) -> SafeString:
        said = cells.near_day(row.due_on, self.now())
        is_late = row.closed_at is None and row.due_on < self.now().date()
        return format_html("{} {}", said, cells.tag("Overdue", "bad")) if is_late else said

    @display(description="State", ordering="closed_at")
    def state(self, row: TakedownTask) -> SafeString:
        return cells.tag("Down", "good", "✓") if row.closed_at else cells.tag("Still up", "warn")
