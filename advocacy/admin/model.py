"""Rules: how credit is divided, and how signals weigh. Versions are append-only; active ones are frozen."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from advocacy.actions.model import define_model_version, draft_version
from advocacy.admin.model_acts import MODEL_ACTS
from advocacy.admin.version_form import VersionForm, answers_of
from advocacy.admin.version_page import Preview, preview_of
from advocacy.choices import Question, WeightSetState
from advocacy.models import AttributionModel, ReadinessModel
from advocacy.permissions import may_run_attribution, may_see_attribution, may_see_weights
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, cells
from clg.errors import InvalidInput
from clg.permissions import Refused


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
    acts = MODEL_ACTS
    empty_title = "No model"
    empty_text = "Models are made by the installation. Run the migrations."

    list_display = ("name", "question_key", "family", "anchor", "window", "version", "deals", "state")
    list_display_links = ("name",)
    list_filter = (QuestionAskedFilter, ActiveFilter)
    search_fields = ("name", "key")
    search_help_text = "Name or key"
    ordering = ("question", "-is_default", "-is_active", "key")
    fieldsets = (("Model", {"fields": (("name", "key"), "question", "description", ("is_active", "is_default"))}),)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.version_view)
        return [path("<int:key>/version/", view, name="advocacy_attributionmodel_version"), *super().get_urls()]

    def buttons_for(self, request: HttpRequest, row: Any) -> list[dict[str, str]]:
        where = reverse("admin:advocacy_attributionmodel_version", args=[row.pk])
        new = [{"label": "New version", "tone": "", "address": where}] if may_run_attribution(request.user) else []
        return [*new, *super().buttons_for(request, row)]

    def version_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The form of a new version, and what it would make of three deals; `store` keeps it, anything else shows."""
        if isinstance(verdict := may_run_attribution(request.user), Refused):
            raise PermissionDenied(verdict.sentence)
        model = self.get_object(request, str(key))
        if model is None:
            raise Http404
        form = VersionForm(request.POST or None, initial=answers_of(model.current_version))
        if "store" in request.POST and (stored := self._stored(request, model, form)):
            messages.success(request, f"{stored} is stored, not yet in use. Activate it when you are sure.")
            return HttpResponseRedirect(cells.address(model))
        return TemplateResponse(request, "admin/advocacy/model_version.html", self._shown(request, model, form))

    def _stored(self, request: HttpRequest, model: AttributionModel, form: VersionForm) -> Any:
        if not form.is_valid():
            return None
        try:
            note = form.cleaned_data["note"]
            by: Any = request.user
            return define_model_version(model=model, by=by, at=self.now(), note=note, **form.rule())
        except InvalidInput as error:
            form.refuse(error)
            return None

    def _shown(self, request: HttpRequest, model: AttributionModel, form: VersionForm) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"New version of {model}",
            "act": {"label": "New version"},
            "row": model,
            "form": form,
            "preview": self._preview(request, model, form),
            "back": cells.address(model),
            "opts": self.opts,
        }

    def _preview(self, request: HttpRequest, model: AttributionModel, form: VersionForm) -> Preview | None:
        """None while the answers make no rule; then the form says why."""
        if form.is_bound and not form.is_valid():
            return None
        try:
            draft = draft_version(model=model, **(form.rule() if form.is_bound else {}))
        except InvalidInput as error:
            form.refuse(error)
            return None
        return preview_of(draft, request.user, at=self.now())

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
