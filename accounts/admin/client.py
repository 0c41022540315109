"""Clients: the logins of CRMs and tools. Made here with the secret shown once; disabled, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from accounts.actions.source import (
    NewClient,
    checked_ranges,
    create_api_client,
    disable_api_client,
    replace_api_client,
)
from accounts.api.scopes import SCOPES
from accounts.models import ApiClient, CrmSource
from accounts.permissions import may_manage_sources, may_see_sources
from clg.admin import Act, ProductAdmin, Rights, RowForm, WithListTools, cells, register_panel
from clg.admin.cards import heading
from clg.api.doors import actor_of
from clg.errors import InvalidInput

SCOPE_CHOICES = [(scope, f"{scope}: {sentence}") for scope, sentence in SCOPES.items()]
RANGES_HINT = "One a line, such as 203.0.113.0/24; none: from anywhere."


class RangesField(forms.CharField):
    """Ranges of addresses, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, label="Addresses it may call from", help_text=RANGES_HINT, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, list) else [line for line in (value or "").splitlines() if line.strip()]

    def clean(self, value: Any) -> Any:
        try:
            return checked_ranges(self.to_python(value))
        except InvalidInput as problem:
            raise forms.ValidationError(problem.message, code=problem.code) from problem

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class NewClientForm(RowForm):
    source = forms.ModelChoiceField(CrmSource.objects.none(), help_text="In whose ids and clocks it speaks.")
    name = forms.CharField(max_length=100, help_text="What it is for, such as Nightly sync.")
    scopes = forms.MultipleChoiceField(
        choices=SCOPE_CHOICES, widget=forms.CheckboxSelectMultiple, label="What it may do"
    )
    ip_ranges = RangesField(widget=forms.Textarea(attrs={"rows": 3}))
    expires_at = forms.DateTimeField(
        required=False,
        label="Ends",
        help_text="Empty: no end.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    batch_status = forms.TypedChoiceField(
        label="Answer to a batch",
        choices=[(207, "207 Multi-Status"), (200, "200 OK, for tools that take 207 for a failure")],
        coerce=int,
        initial=207,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources: Any = self.fields["source"]
        sources.queryset = CrmSource.objects.visible_to(self.reader)


class ClientForm(forms.ModelForm):
    """The page of a client."""

    allowed_scopes = forms.MultipleChoiceField(
        # Names alone: labels of this widget do not break, and a phone is narrow.
        choices=[(scope, scope) for scope in SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="What it may do",
    )
    ip_ranges = RangesField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


def _create(row: None, answers: Mapping[str, Any], by: Any, at: Any) -> NewClient:
    return create_api_client(**answers, by=actor_of(by))


CREATE = Act(
    "create",
    "Create a client",
    "A client is the login of one CRM or tool. Its secret is shown on the next page, this once.",
    "The client is made.",
    _create,
    lambda row, reader: True,
    form=NewClientForm,
    tone="primary",
    may=may_manage_sources,
)
REPLACE = Act(
    "replace",
    "Replace the secret",
    "A second client with the same rights and a new secret is made. Change over to it, then disable this one.",
    "The second client is made.",
    lambda row, answers, by, at: replace_api_client(client=row, by=actor_of(by)),
    lambda row, reader: row.is_active,
    may=may_manage_sources,
)
DISABLE = Act(
    "disable",
    "Disable",
    "Its next call is refused, with every token it holds. A client that was disabled stays so; make a new one instead.",
    "The client is disabled.",
    lambda row, answers, by, at: disable_api_client(client=row, by=actor_of(by)),
    lambda row, reader: row.is_active,
    tone="danger",
    may=may_manage_sources,
)


@admin.register(ApiClient)
class ApiClientAdmin(WithListTools, ProductAdmin[ApiClient]):
    """Secrets are shown once, in the answer to the act that made them, and never again."""

    form = ClientForm
    acts = (REPLACE, DISABLE)
    list_acts = (CREATE,)
    gives_rights = True
    rights = Rights(see=may_see_sources, edit=may_manage_sources)
    empty_title = "No client yet"
    empty_text = "A client is the login of a CRM or tool, bound to one source and to its scopes."

    list_display = ("name", "source", "scopes", "active", "used", "expires")
    list_select_related = ("source",)
    search_fields = ("name", "client_id")
    search_help_text = "Name or client id"
    ordering = ("name", "id")
    fieldsets = (
        ("Client", {"fields": (("name", "source"),)}),
        ("Rights", {"fields": ("allowed_scopes", "ip_ranges", "expires_at", "batch_status")}),
    )
    readonly_fields = ("source",)

    def list_act_done(self, request: HttpRequest, act: Act, made: NewClient) -> HttpResponse:
        return self._shown_once(request, made)

    def act_done(self, request: HttpRequest, act: Act, row: ApiClient, made: Any) -> HttpResponse:
        if isinstance(made, NewClient):
            return self._shown_once(request, made, before=row)
        return super().act_done(request, act, row, made)

    def _shown_once(self, request: HttpRequest, made: NewClient, before: ApiClient | None = None) -> HttpResponse:
        """The secret in the answer itself: no address leads to it, and no cache keeps it."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{made.client} is made",
            "client": made.client,
            "secret": made.secret,
            "before": before.client_id if before else "",
            "page": cells.address(made.client),
            "opts": self.opts,
        }
        answer = TemplateResponse(request, "admin/accounts/client_made.html", context)
        add_never_cache_headers(answer)
        return answer

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


def client_head(request: HttpRequest, row: Any) -> SafeString:
    now = timezone.now()
    facts = [
        cells.tag("Active", "good") if row.is_active else cells.tag("Disabled", "warn"),
        cells.code(row.client_id),
        format_html("last call {}", cells.near(row.last_used_at, now)) if row.last_used_at else "never called",
        format_html("ends {}", cells.near(row.expires_at, now)) if row.expires_at else "",
    ]
    return heading(str(row), facts)


register_panel(ApiClient, client_head, place=10)
