"""Outside systems: sources, their clients, their names for our rows, and writes that disagreed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.choices import IdentityState, ObjectType
from accounts.models import ApiClient, CrmSource, ExternalIdentity, SyncConflict
from accounts.permissions import may_manage_sources, may_see_sources
from clg.admin import ProductAdmin, QuestionFilter, ReadOnlyAdmin, Rights, Rows, cells

STATE_TONES = {
    IdentityState.ACTIVE: "good",
    IdentityState.DELETED: "quiet",
    IdentityState.MERGED: "info",
    IdentityState.SUPPRESSED: "warn",
}


@admin.register(CrmSource)
class CrmSourceAdmin(ProductAdmin[CrmSource]):
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

    @display(description="Active", ordering="is_active", boolean=True)
    def active(self, row: CrmSource) -> bool:
        return row.is_active


@admin.register(ApiClient)
class ApiClientAdmin(ProductAdmin[ApiClient]):
    """Secrets are shown once when made and never here."""

    gives_rights = True
    rights = Rights(see=may_see_sources, edit=may_manage_sources)
    empty_title = "No client yet"
    empty_text = "A client is the login of a CRM or tool, bound to one source and to its scopes."

    list_display = ("name", "source", "scopes", "active", "used", "expires")
    list_select_related = ("source",)
    search_fields = ("name", "client_id")
    search_help_text = "Name or client id"
    ordering = ("name", "id")
    fields = (
        "name",
        ("source", "client_id"),
        "allowed_scopes",
        "ip_ranges",
        ("expires_at", "batch_status"),
        "is_active",
    )
    readonly_fields = ("source", "client_id")

    @display(description="Active", ordering="is_active", boolean=True)
    def active(self, row: ApiClient) -> bool:
        return row.is_active

    @display(description="Scopes")
    def scopes(self, row: ApiClient) -> str:
        return ", ".join(row.allowed_scopes)

    @display(description="Last used", ordering="last_used_at")
    def used(self, row: ApiClient) -> SafeString:
        return cells.near(row.last_used_at, self.now())

    @display(description="Expires", ordering="expires_at")
    def expires(self, row: ApiClient) -> SafeString:
        return cells.near(row.expires_at, self.now())


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
