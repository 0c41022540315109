"""Rules: how credit is divided, and how signals weigh. Versions are append-only; active ones are frozen."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.choices import Question, WeightSetState
from advocacy.models import AttributionModel, ReadinessModel
from advocacy.permissions import may_see_attribution, may_see_weights
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, cells


class QuestionAskedFilter(QuestionFilter):
    title = "Which question does it answer?"
    parameter_name = "question"
    answers: ClassVar[dict[str, str]] = {
        Question.SOURCED: "Sourced: does the deal exist because of us",
        Question.INFLUENCED: "Influenced: did we touch it",
    }


class ActiveFilter(QuestionFilter):
    title = "Does it run?"
    parameter_name = "is_active"
    answers: ClassVar[dict[str, str]] = {"1": "Active", "0": "Not active"}


@admin.register(AttributionModel)
class AttributionModelAdmin(ReadOnlyAdmin[AttributionModel]):
    rights = Rights(see=may_see_attribution)
    empty_title = "No model"
    empty_text = "Models are made by the installation. Run the migrations."

    list_display = ("name", "question_key", "family", "anchor", "window", "version", "deals", "state")
    list_display_links = ("name",)
    list_filter = (QuestionAskedFilter, ActiveFilter)
    search_fields = ("name", "key")
    search_help_text = "Name or key"
    ordering = ("question", "-is_default", "-is_active", "key")
    fieldsets = (("Model", {"fields": (("name", "key"), "question", "description", ("is_active", "is_default"))}),)

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.select_related("current_version").with_deal_count(reader)

    @display(description="Question", ordering="question")
    def question_key(self, row: AttributionModel) -> SafeString:
        return cells.keyed(row.get_question_display(), row.question)

    @display(description="Family", ordering="current_version__family")
    def family(self, row: Any) -> Any:
        return row.current_version.get_family_display() if row.current_version else cells.QUIET

    @display(description="Counts back from", ordering="current_version__anchor")
    def anchor(self, row: Any) -> Any:
        return row.current_version.anchor if row.current_version else cells.QUIET

    @display(description="Window", ordering="current_version__window_days")
    def window(self, row: Any) -> SafeString:
        return cells.figure(f"{row.current_version.window_days} days") if row.current_version else cells.QUIET

    @display(description="Version")
    def version(self, row: Any) -> SafeString:
        return cells.figure(f"v{row.current_version.number}") if row.current_version else cells.QUIET

    @display(description="Deals")
    def deals(self, row: Any) -> SafeString:
        return cells.figure(f"{row.deal_count:,}")

    @display(description="State", ordering="is_active")
    def state(self, row: AttributionModel) -> SafeString:
        if row.is_default:
            return cells.tag("Default", "good", "✓")
        return cells.tag("Active", "info") if row.is_active else cells.tag("Not active")


WEIGHT_TONES = {
    WeightSetState.ACTIVE: ("good", "✓"),
    WeightSetState.DRAFT: ("info", ""),
    WeightSetState.RETIRED: ("quiet", ""),
}


@admin.register(ReadinessModel)
class ReadinessModelAdmin(ReadOnlyAdmin[ReadinessModel]):
    rights = Rights(see=may_see_weights)
    empty_title = "No weight set"
    empty_text = "The first weight set comes with the installation. Run the migrations."

    list_display = ("name", "state_tag", "ready_from", "warming_from", "min_confidence", "made_by", "activated")
    list_display_links = ("name",)
    list_select_related = ("made_by",)
    ordering = ("-version",)
    fieldsets = (
        ("Weight set", {"fields": (("version", "state"), "reason", ("made_by", "activated_by", "activated_at"))}),
        ("Bands", {"fields": (("ready_from", "warming_from"), ("min_confidence", "history_threshold"))}),
    )

    @display(description="Weights", ordering="version")
    def name(self, row: ReadinessModel) -> str:
        return str(row)

    @display(description="State", ordering="state")
    def state_tag(self, row: ReadinessModel) -> SafeString:
        tone, sign = WEIGHT_TONES[WeightSetState(row.state)]
        return cells.tag(row.get_state_display(), tone, sign)

    @display(description="Activated", ordering="activated_at")
    def activated(self, row: ReadinessModel) -> SafeString:
        return cells.near(row.activated_at, self.now())
