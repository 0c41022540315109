"""Outside systems: sources, their clients, their names for our rows, and writes that disagreed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.actions.source import next_rank
from accounts.actions.stages import map_stages
from accounts.choices import IdentityState, ObjectType, Outcome
from accounts.models import CrmSource, ExternalIdentity, SyncConflict, UnmappedStage
from accounts.permissions import may_manage_sources, may_see_sources
from accounts.source_status import STAGES_SHOWN
from clg.admin import Act, ProductAdmin, QuestionFilter, ReadOnlyAdmin, Rights, RowForm, Rows, Way, cells
from clg.api.doors import actor_of

STATE_TONES = {
    IdentityState.ACTIVE: "good",
    IdentityState.DELETED: "quiet",
    IdentityState.MERGED: "info",
    IdentityState.SUPPRESSED: "warn",
}


def _waiting(source: Any, reader: Any) -> Any:
    return UnmappedStage.objects.visible_to(reader).unmapped(source)


class StagesForm(RowForm):
    """One question a stage that waits: what a deal there is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stages = list(_waiting(self.row, self.reader)[:STAGES_SHOWN])
        for number, stage in enumerate(self.stages):
            self.fields[f"stage_{number}"] = forms.ChoiceField(
                label=stage.stage, choices=[("", "Leave for now"), *Outcome.choices], required=False
            )

    def clean(self) -> dict[str, Any]:
        answered = {
            stage.stage: outcome
            for number, stage in enumerate(self.stages)
            if (outcome := self.cleaned_data.get(f"stage_{number}"))
        }
        return {"outcomes": answered}


MAP_STAGES = Act(
    "map-stages",
    "Map stages",
    "Say what a deal at each stage is. The deals of this source that stand open there take the outcome at once, and so "
    "does what comes from now on; credit follows.",
    "The stages are mapped.",
    lambda row, answers, by, at: map_stages(source=row, outcomes=answers["outcomes"], by=actor_of(by)),
    lambda row, reader: _waiting(row, reader).exists(),
    form=StagesForm,
    tone="primary",
    may=may_manage_sources,
)


@admin.register(CrmSource)
class CrmSourceAdmin(ProductAdmin[CrmSource]):
    acts = (MAP_STAGES,)
    gives_rights = True
    rights = Rights(see=may_see_sources, edit=may_manage_sources, add=may_manage_sources)
    empty_title = "No source yet"
    empty_text = "A source is one outside system, for instance your CRM. Its rank says whose values win."

    list_display = ("name", "slug", "kind", "rank", "ordering", "time_zone", "currency", "active")
    search_fields = ("name", "slug")
    search_help_text = "Name or slug"
    ordering = ("rank",)
    fieldsets = (
        ("System", {"fields": (("name", "slug"), ("kind", "rank"), "is_active")}),
        ("How to read it", {"fields": (("ordering", "time_zone"), "currency", "stage_map", "value_maps")}),
        ("Linking", {"fields": (("match_accounts_by_domain", "match_contacts_by_email"),)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Clocks of two orderings cannot be compared: the first identity settles the choice."""
        settled = obj is not None and obj.identities.exists()
        return ("ordering",) if settled else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "rank": next_rank()}

    @display(description="Active", ordering="is_active", boolean=True)
    def active(self, row: CrmSource) -> bool:
        return row.is_active


class ObjectTypeFilter(QuestionFilter):
    title = "What does it name?"
    parameter_name = "object_type"
    answers = dict(ObjectType.choices)


class IdentityStateFilter(QuestionFilter):
    title = "What became of it?"
    parameter_name = "state"
    answers = dict(IdentityState.choices)


@admin.register(ExternalIdentity)
class ExternalIdentityAdmin(ReadOnlyAdmin[ExternalIdentity]):
    rights = Rights(see=may_see_sources)
    empty_title = "No identity yet"
    empty_text = "Each row that a source writes has its name there. They appear with the first import."
    empty_ways = (Way("Import a file", "accounts.importjob", "upload"),)

    list_display = ("external_id", "source", "object_type", "object_link", "state_tag", "received")
    list_select_related = ("source", "account", "contact", "opportunity")
    list_filter = (ObjectTypeFilter, IdentityStateFilter)
    search_fields = ("=external_id",)
    search_help_text = "The whole id as the source writes it"
    ordering = ("-id",)
    fields = (
        ("source", "object_type"),
        ("external_id", "state"),
        "object_link",
        ("canonical", "received_at"),
    )
    readonly_fields = ("object_link",)

    @display(description="Our row")
    def object_link(self, row: Any) -> SafeString | str:
        """Our row; a person only for those who know persons, which auditors do not."""
        if row.contact_id and not row.known_contact:
            return "A person"
        return cells.link(row.account or row.contact or row.opportunity)

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.with_known_contact(reader)

    @display(description="State", ordering="state")
    def state_tag(self, row: ExternalIdentity) -> SafeString:
        return cells.tag(row.get_state_display(), STATE_TONES[IdentityState(row.state)])

    @display(description="Received", ordering="received_at")
    def received(self, row: ExternalIdentity) -> SafeString:
        return cells.near(row.received_at, self.now())


@admin.register(SyncConflict)
class SyncConflictAdmin(ReadOnlyAdmin[SyncConflict]):
    """Hashes only: the values themselves are the rows' business."""

    rights = Rights(see=may_see_sources)
    empty_title = "No conflict"
    empty_text = "When a source sends two values with one clock, the field that lost stands here for 30 days."

    list_display = ("field", "source", "identity_name", "noted")
    list_select_related = ("source", "identity")
    search_fields = ("=identity__external_id",)
    search_help_text = "The whole id as the source writes it"
    ordering = ("-at", "-id")
    fields = (("source", "identity"), ("field", "at"))

    @display(description="Row", ordering="identity__external_id")
    def identity_name(self, row: SyncConflict) -> str:
        return row.identity.external_id

    @display(description="Noted", ordering="at")
    def noted(self, row: SyncConflict) -> SafeString:
        return cells.near(row.at, self.now())
