"""Asks: whom anybody of ours asked for what, where it stands, and what was known when it was reserved."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.admin.ask_acts import ASK_ACTS
from advocacy.admin.words import ask_marks, ask_tag
from advocacy.choices import AskState, Use
from advocacy.models import Ask
from advocacy.permissions import knows_everybody, may_know_champion, may_see_asks, may_see_people
from clg import wording
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, Way, WithSavedFilters, cells
from clg.fieldpolicy import may_read


class AskStateFilter(QuestionFilter):
    title = "Where does it stand?"
    parameter_name = "state"
    answers: ClassVar[dict[str, str]] = {"open": "Open: it holds minutes", **dict(AskState.choices)}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.open() if answer == "open" else queryset.filter(state=answer)


class AskUseFilter(QuestionFilter):
    title = "What for?"
    parameter_name = "use"
    answers = dict(Use.choices)


class OverrideFilter(QuestionFilter):
    title = "Was a gate passed over?"
    parameter_name = "overridden"
    answers: ClassVar[dict[str, str]] = {"1": "Yes, with a reason", "0": "No"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.overridden(answer == "1")


class LoggedFilter(QuestionFilter):
    title = "Was it asked through this tool?"
    parameter_name = "logged"
    answers: ClassVar[dict[str, str]] = {"1": "No, logged afterwards", "over": "Logged, and over the budget"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.logged(over_budget=answer == "over")


@admin.register(Ask)
class AskAdmin(WithSavedFilters, ReadOnlyAdmin[Ask]):
    """Moved by its acts alone; a seller sees those of the team without names, so no page."""

    rights = Rights(
        see=may_see_asks,
        open=may_see_people,
        open_row=lambda reader, row: may_know_champion(reader, row.champion or row),
    )
    acts = ASK_ACTS
    empty_answers: ClassVar[dict[str, tuple[str, str]]] = {
        "state=open": ("No ask is open", "Asks that are reserved, sent or accepted hold minutes; they come up here."),
        "overridden=1": (
            "No gate was passed over",
            "Where a marketer asks in spite of a gate, it says why here.",
        ),
    }
    empty_title = "Nobody was asked yet"
    empty_text = "An ask reserves a champion's minutes before it goes out. Asks made outside are logged afterwards."
    empty_ways = (Way("Choose a champion to ask", "advocacy.champion"),)

    list_display = ("who", "use", "state_word", "asker", "minutes_cell", "willing", "marks", "day")
    list_display_links = ("who",)
    list_filter = (AskStateFilter, AskUseFilter, OverrideFilter, LoggedFilter)
    search_help_text = "Name or company"
    ordering = ("-reserved_at", "-id")
    fieldsets = (
        (
            "What was asked",
            {"fields": (("use", "minutes"), "need", ("reward_minor", "reward_currency"), "reward_kind")},
        ),
        (
            "What was known then",
            {"fields": (("readiness", "readiness_band", "confidence"), ("willingness", "evidence"), "capacity")},
        ),
        ("On the way", {"fields": (("reserved_at", "sent_at", "answered_at"), ("scheduled_at", "closed_at"))}),
        (
            "What came of it",
            {
                "fields": (
                    ("decline_reason", "later_until", "missed_by", "closed_reason"),
                    ("answer_channel", "answer_note"),
                    ("done_on", "actual_minutes"),
                    ("channel", "asked_on", "outcome"),
                    ("source", "external_id"),
                )
            },
        ),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list(reader)

    def suggested(self, row: Any) -> str:
        return f"{row.shown_name} · {row}"

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Without scores for readers whose roles do not read them."""
        shown = may_read(request.user, Ask, "willingness")
        return tuple(name for name in self.list_display if shown or name != "willing")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Who does not know everybody cannot find anybody by name either."""
        if not knows_everybody(request.user):
            return ()
        return ("champion__contact__first_name", "champion__contact__last_name", "account__name")

    @display(description="Champion", ordering="shown_name", header=True)
    def who(self, row: Any) -> list[str]:
        return [row.shown_name, "", cells.initials(row.shown_name)]

    @display(description="State", ordering="state")
    def state_word(self, row: Ask) -> SafeString:
        return ask_tag(row.state)

    @display(description="Asked by", ordering="asked_by__name")
    def asker(self, row: Ask) -> str:
        who = str(row.asked_by) if row.asked_by else "We" if row.asked_as == "system" else row.asked_as
        return f"{who}, {row.team}" if row.team else who

    @display(description="Minutes", ordering="minutes")
    def minutes_cell(self, row: Ask) -> SafeString:
        return cells.figure(wording.number(row.minutes))

    @display(description="Predicted", ordering="willingness")
    def willing(self, row: Ask) -> SafeString:
        return cells.figure(wording.number(row.willingness)) if row.willingness is not None else cells.QUIET

    @display(description="Marks")
    def marks(self, row: Ask) -> SafeString:
        return ask_marks(row)

    @display(description="Reserved", ordering="reserved_at")
    def day(self, row: Ask) -> SafeString:
        return cells.near(row.reserved_at, self.now())
