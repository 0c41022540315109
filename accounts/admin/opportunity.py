"""Deals of the CRM. What advocacy earned on them is a panel that the floor above puts on the page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.choices import OpportunityKind, Outcome
from accounts.models import Opportunity
from accounts.permissions import may_see_opportunities
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, Way, cells

OUTCOME_TONES = {Outcome.OPEN: ("info", ""), Outcome.WON: ("good", "✓"), Outcome.LOST: ("quiet", "✕")}


def outcome_tag(outcome: str) -> SafeString:
    """The outcome of a deal: word and sign on its tint."""
    tone, sign = OUTCOME_TONES[Outcome(outcome)]
    return cells.tag(str(Outcome(outcome).label), tone, sign)


class OutcomeFilter(QuestionFilter):
    title = "How did it end?"
    parameter_name = "outcome"
    answers = dict(Outcome.choices)


class KindFilter(QuestionFilter):
    title = "What kind of deal?"
    parameter_name = "kind"
    answers: ClassVar[dict[str, str]] = {**dict(OpportunityKind.choices), "none": "Not said by the CRM"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.filter(kind="" if answer == "none" else answer)


@admin.register(Opportunity)
class OpportunityAdmin(ReadOnlyAdmin[Opportunity]):
    rights = Rights(see=may_see_opportunities)
    empty_title = "No opportunity yet"
    empty_text = "Opportunities come from your CRM, after their accounts and contacts."
    empty_ways = (Way("Import a file", "accounts.importjob", "upload"),)

    list_display = (
        "title",
        "account",
        "kind",
        "stage",
        "outcome_word",
        "money",
        "opened",
        "closed",
        "owner",
    )
    list_display_links = ("title",)
    list_select_related = ("account", "owner")
    list_filter = (OutcomeFilter, KindFilter)
    search_fields = ("name", "account__name")
    search_help_text = "Deal or account"
    ordering = ("-opened_at", "-id")
    autocomplete_fields = ("account", "product", "owner")
    readonly_fields = ("money",)
    fieldsets = (
        ("Deal", {"fields": (("name", "account"), ("kind", "stage"), ("outcome", "money"))}),
        ("Moments", {"fields": (("lead_at", "opened_at"), ("closed_at", "expected_close_on"))}),
        (
            "Told by the CRM",
            {"fields": (("owner", "owner_email"), ("lead_source", "product", "product_text"))},
        ),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.live()

    @display(description="Opportunity", ordering="name")
    def title(self, row: Opportunity) -> str:
        return str(row)

    @display(description="Outcome", ordering="outcome")
    def outcome_word(self, row: Opportunity) -> SafeString:
        return outcome_tag(row.outcome)

    @display(description="Amount", ordering="amount")
    def money(self, row: Opportunity) -> SafeString:
        return cells.money(row.amount, row.currency)

    @display(description="Opened", ordering="opened_at")
    def opened(self, row: Opportunity) -> SafeString:
        return cells.near(row.opened_at, self.now())

    @display(description="Closed", ordering="closed_at")
    def closed(self, row: Opportunity) -> SafeString:
        return cells.near(row.closed_at, self.now())
