"""The credit ledger: read-only, written by the allocator alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.choices import Rung, SetState
from advocacy.models import AttributionModel, CreditSet
from advocacy.permissions import may_see_attribution
from clg import wording
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, Way, cells

RUNG_WORDS = {
    Rung.EXPLICIT: "names the deal",
    Rung.CONTACT_ROLE: "role on the deal",
    Rung.ACCOUNT_CONTACT: "contact of the account",
    Rung.ACCOUNT: "account only",
    Rung.DOMAIN: "web domain only",
    Rung.PARENT: "parent company",
}


def rung_tag(rung: int) -> SafeString:
    """'1 names the deal': the weaker half of the ladder is tinted."""
    return cells.tag(f"{rung} {RUNG_WORDS[Rung(rung)]}", "good" if rung <= 2 else "quiet" if rung == 3 else "warn")


class ModelFilter(QuestionFilter):
    title = "Under which model?"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        models = AttributionModel.objects.visible_to(request.user).filter(is_active=True)
        return [(model.key, model.name) for model in models]

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.filter(model__key=answer)


class HoldsFilter(QuestionFilter):
    title = "Does it hold now?"
    parameter_name = "holds"
    answers: ClassVar[dict[str, str]] = {"1": "Holds now", "0": "Replaced by a later generation"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.filter(head__isnull=answer == "0")


class ScopeFilter(QuestionFilter):
    title = "Is the deal in scope?"
    parameter_name = "state"
    answers: ClassVar[dict[str, str]] = {SetState.LINES: "In scope, with lines", SetState.CLOSED: "Left the scope"}


@admin.register(CreditSet)
class CreditSetAdmin(ReadOnlyAdmin[CreditSet]):
    """The ledger: append-only, a change is a new generation."""

    rights = Rights(see=may_see_attribution)
    empty_title = "No credit yet"
    empty_text = "Credit appears with the first run, as soon as deals, activities and encounters are here."
    empty_ways = (Way("See the runs", "advocacy.attributionrun"),)

    list_display = ("deal", "model", "generation", "state_tag", "basis", "reporting", "cause", "computed", "holds")
    list_display_links = ("deal",)
    list_filter = (ModelFilter, HoldsFilter, ScopeFilter)
    search_fields = ("opportunity__name",)
    search_help_text = "Deal"
    ordering = ("-id",)
    fieldsets = (
        ("Deal and rule", {"fields": (("opportunity", "model_version"), ("generation", "cause"), "run")}),
        (
            "Inputs",
            {"fields": (("as_of", "anchor_at", "restart_at"), ("outcome", "state", "closed_reason"), "flags_told")},
        ),
        (
            "Money",
            {"fields": (("basis", "reporting"), ("fx_rate", "fx_on"))},
        ),
    )
    readonly_fields = ("basis", "reporting", "flags_told")

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.for_list()

    @display(description="Deal", ordering="opportunity__name")
    def deal(self, row: CreditSet) -> str:
        return str(row.opportunity)

    @display(description="Scope", ordering="state")
    def state_tag(self, row: CreditSet) -> SafeString:
        if row.state == SetState.LINES:
            return cells.tag("In scope", "good", "✓")
        return cells.tag(row.closed_reason.replace("_", " ") or "Left", "quiet")

    @display(description="Flags")
    def flags_told(self, row: CreditSet) -> str:
        return ", ".join(flag.replace("_", " ") for flag in row.flags) or wording.UNKNOWN

    @display(description="Basis", ordering="basis_minor")
    def basis(self, row: CreditSet) -> SafeString:
        return cells.figure(wording.minor(row.basis_minor, row.currency))

    @display(description="In reports", ordering="reporting_minor")
    def reporting(self, row: CreditSet) -> SafeString:
        return cells.figure(wording.minor(row.reporting_minor, row.reporting_currency))

    @display(description="As of", ordering="as_of")
    def computed(self, row: CreditSet) -> SafeString:
        return cells.near(row.as_of, self.now())

    @display(description="Holds", boolean=True)
    def holds(self, row: CreditSet) -> bool:
        return getattr(row, "head", None) is not None
