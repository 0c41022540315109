"""What champions did, and which buyers it met."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.admin.activity_acts import ACTIVITY_ACTS, ENCOUNTER_ACTS
from advocacy.choices import ActivityKind, EncounterKind, TouchRole
from advocacy.models import Activity, Encounter
from advocacy.permissions import (
    knows_everybody,
    may_know_champion,
    may_see_attribution,
    may_see_people,
    sees_everything,
)
from clg import wording
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, Way, WithBulkActs, WithSavedFilters, cells


class ActivityKindFilter(QuestionFilter):
    title = "What did they do?"
    parameter_name = "kind"
    answers = dict(ActivityKind.choices)


class ValidFilter(QuestionFilter):
    title = "Does it stand?"
    parameter_name = "valid"
    answers: ClassVar[dict[str, str]] = {"1": "Stands", "withdrawn": "Withdrawn", "duplicate": "Repeats another"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        if answer == "1":
            return queryset.standing()
        return (
            queryset.filter(withdrawn_at__isnull=False)
            if answer == "withdrawn"
            else queryset.exclude(duplicate_of=None)
        )


def state_of(row: Any) -> SafeString:
    """Stands, withdrawn or duplicate, in a word."""
    if row.withdrawn_at is not None:
        return cells.tag("Withdrawn", "warn")
    if getattr(row, "duplicate_of_id", None):
        return cells.tag("Duplicate", "quiet")
    return cells.tag("Stands", "good", "✓")


@admin.register(Activity)
class ActivityAdmin(WithBulkActs, WithSavedFilters, ReadOnlyAdmin[Activity]):
    rights = Rights(
        see=may_see_attribution,
        open=may_see_people,
        open_row=lambda reader, row: may_know_champion(reader, row.champion),
    )
    acts = ACTIVITY_ACTS
    bulk_acts = ACTIVITY_ACTS
    empty_title = "No activity yet"
    empty_text = "An activity is something a champion did: took a call, wrote a review, spoke at an event."
    empty_ways = (Way("Choose a deal and name a touch", "accounts.opportunity"),)

    list_display = ("what", "kind", "champion_name", "company", "occurred", "encounters", "deals", "state")
    list_display_links = ("what",)
    list_filter = (ActivityKindFilter, ValidFilter)
    search_help_text = "Title or company"
    ordering = ("-occurred_at", "-id")
    fieldsets = (
        ("What happened", {"fields": (("title", "kind"), ("account", "occurred_at"), "evidence")}),
        ("Where it came from", {"fields": (("source", "source_ref"), "recorded_at", "duplicate_of")}),
        ("Withdrawal", {"fields": (("withdrawn_at", "withdrawn_reason"),)}),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list(reader)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """What some rows hide from the reader, the search of all rows must not find."""
        if knows_everybody(request.user):
            return ("title", "account__name")
        return ("account__name",) if sees_everything(request.user) else ()

    def suggested(self, row: Any) -> str:
        return f"{self.what(row)} · {row.shown_name}, {wording.day(row.occurred_at)}"

    @display(description="Activity", ordering="shown_title")
    def what(self, row: Any) -> str:
        return row.shown_title or row.get_kind_display()

    @display(description="Champion")
    def champion_name(self, row: Any) -> str:
        return row.shown_name

    @display(description="Account", ordering="shown_company")
    def company(self, row: Any) -> str:
        return row.shown_company or wording.UNKNOWN

    @display(description="When", ordering="occurred_at")
    def occurred(self, row: Activity) -> SafeString:
        return cells.near(row.occurred_at, self.now())

    @display(description="Buyers met", ordering="encounter_count")
    def encounters(self, row: Any) -> SafeString:
        return cells.figure(wording.number(row.encounter_count))

    @display(description="Deals met", ordering="deal_count")
    def deals(self, row: Any) -> SafeString:
        return cells.figure(wording.number(row.deal_count))

    @display(description="State")
    def state(self, row: Activity) -> SafeString:
        return state_of(row)


def buyer_of(row: Any) -> str:
    """Whom the act met, by a name in the reader's sight, else only what kind of buyer it was."""
    return row.shown_buyer or row.buyer_domain or ("A deal" if row.opportunity_id else "A buyer")


class EncounterKindFilter(QuestionFilter):
    title = "How did they meet?"
    parameter_name = "kind"
    answers = dict(EncounterKind.choices)


class RoleFilter(QuestionFilter):
    title = "Did it source the deal?"
    parameter_name = "role"
    answers = dict(TouchRole.choices)


class MatchedFilter(QuestionFilter):
    title = "Did it meet a deal?"
    parameter_name = "matched"
    answers: ClassVar[dict[str, str]] = {"0": "No deal so far", "1": "At least one deal"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.without_deal() if answer == "0" else queryset.with_deal()


@admin.register(Encounter)
class EncounterAdmin(WithBulkActs, WithSavedFilters, ReadOnlyAdmin[Encounter]):
    rights = Rights(
        see=may_see_attribution,
        open=may_see_people,
        open_row=lambda reader, row: may_know_champion(reader, row.activity.champion),
    )
    acts = ENCOUNTER_ACTS
    bulk_acts = ENCOUNTER_ACTS
    empty_title = "No encounter yet"
    readonly_fields = ("buyer",)
    empty_text = "An encounter is one time that an activity met a buyer, before we know which deal."
    empty_ways = (Way("Choose a deal and name a touch", "accounts.opportunity"),)

    list_display = ("what", "buyer", "kind", "role", "occurred", "touches", "source", "state")
    list_display_links = ("what",)
    list_filter = (MatchedFilter, EncounterKindFilter, RoleFilter)
    search_help_text = "Activity, company or domain"
    ordering = ("-occurred_at", "-id")
    fieldsets = (
        ("Who met whom", {"fields": ("activity", ("buyer", "buyer_domain", "given_rung"))}),
        ("How", {"fields": (("kind", "role", "weight_hint"), "occurred_at")}),
        ("Where it came from", {"fields": (("source", "source_ref"), ("named_by", "recorded_at"))}),
        ("Withdrawal", {"fields": (("withdrawn_at", "withdrawn_reason"),)}),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list(reader)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """What some rows hide from the reader, the search of all rows must not find."""
        if knows_everybody(request.user):
            return ("activity__title", "buyer_domain", "buyer_account__name")
        return ("buyer_domain", "buyer_account__name") if sees_everything(request.user) else ("buyer_domain",)

    def suggested(self, row: Any) -> str:
        return f"{self.what(row)[0]} · {self.buyer(row)}, {wording.day(row.occurred_at)}"

    @display(description="Activity", ordering="shown_title", header=True)
    def what(self, row: Any) -> list[str]:
        return [row.shown_title or row.activity.get_kind_display(), row.shown_name]

    @display(description="Buyer")
    def buyer(self, row: Any) -> str:
        return buyer_of(row)

    @display(description="When", ordering="occurred_at")
    def occurred(self, row: Encounter) -> SafeString:
        return cells.near(row.occurred_at, self.now())

    @display(description="Deals met", ordering="touch_count")
    def touches(self, row: Any) -> SafeString:
        return cells.figure(wording.number(row.touch_count))

    @display(description="State")
    def state(self, row: Encounter) -> SafeString:
        return state_of(row)
