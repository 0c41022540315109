"""Webhook endpoints: who is told, how that goes, and every act on one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.admin.webhook_page import (
    STATES,
    endpoint_head,
    recent_deliveries,
)
from accounts.models import ApiClient
from accounts.permissions import may_manage_webhooks, may_see_sources
from clg import wording
from clg.actions.webhook import (
    NewEndpoint,
    change_endpoint,
    create_endpoint,
    disable_endpoint,
    ping_endpoint,
    replay_range,
    rotate_secret,
)
from clg.admin import Act, QuestionFilter, ReadOnlyAdmin, Rights, RowForm, Rows, WithListTools, cells
from clg.admin.panels import register_panel
from clg.api.doors import actor_of
from clg.choices import EndpointState
from clg.events.kinds import kinds
from clg.models import WebhookEndpoint

FARE_OF: Final = dt.timedelta(days=7)


class EndpointForm(RowForm):
    """What to tell whom; of an endpoint that is there, as it is now."""

    url = forms.CharField(max_length=500, label="Address", help_text="https on port 443 of a public host")
    description = forms.CharField(max_length=200, required=False)
    exclude_own = forms.BooleanField(
        required=False,
        initial=True,
        label="Leave out what its owner changed itself",
        help_text="Keeps two systems calm.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(f"{kind.name}.*", kind.name.replace("_", " ").capitalize()) for kind in kinds()]
        single = [(text, text) for text in getattr(self.row, "event_types", ()) if not text.endswith(".*")]
        self.fields["event_types"] = forms.MultipleChoiceField(
            choices=choices + single, label="Tell it of", widget=UnfoldAdminCheckboxSelectMultipleWidget
        )
        if self.row is not None:
            self.initial = {name: getattr(self.row, name) for name in self.fields}


class RangeForm(forms.Form):
    from_position = forms.IntegerField(min_value=1, label="From position", help_text="As the change feed numbers them")
    to_position = forms.IntegerField(min_value=1, label="To position", help_text="At most 10,000 events")


def _register(row: None, answers: Mapping[str, Any], by: Any, at: dt.datetime) -> NewEndpoint:
    return create_endpoint(owner=actor_of(by), by=actor_of(by), **answers)


def _replay(row: WebhookEndpoint, answers: Mapping[str, Any], by: Any, at: dt.datetime) -> int:
    return replay_range(endpoint=row, first=answers["from_position"], last=answers["to_position"], by=actor_of(by))


REGISTER = Act(
    "register",
    "Register an endpoint",
    "It is told of events as they happen, by signed calls with ids and no personal data. First it must answer a ping.",
    "Registered; a ping is on its way.",
    _register,
    lambda row, reader: True,
    form=EndpointForm,
    tone="primary",
    may=may_manage_webhooks,
)
CHANGE = Act(
    "edit",
    "Change",
    "A new address must answer a ping before it is told more.",
    "Changed.",
    lambda row, answers, by, at: change_endpoint(endpoint=row, values=answers, by=actor_of(by)),
    lambda row, reader: True,
    form=EndpointForm,
    may=may_manage_webhooks,
)
PING = Act(
    "ping",
    "Send a ping",
    "A signed webhook.ping goes to its address. With a 2xx as answer the endpoint is active.",
    "The ping is on its way.",
    lambda row, answers, by, at: ping_endpoint(endpoint=row, by=actor_of(by)),
    lambda row, reader: row.state != EndpointState.DISABLED,
    may=may_manage_webhooks,
)
ENABLE = Act(
    "enable",
    "Enable",
    "A signed ping goes first. With a 2xx as answer the endpoint is told of events again, what still waits included; "
    "what happened meanwhile it finds in the change feed, or by a replay.",
    "The ping is on its way.",
    lambda row, answers, by, at: ping_endpoint(endpoint=row, by=actor_of(by)),
    lambda row, reader: row.state == EndpointState.DISABLED,
    tone="primary",
    may=may_manage_webhooks,
)
ROTATE = Act(
    "rotate",
    "Rotate the secret",
    "A new secret signs from now on; for 24 hours the former one signs beside it, so nothing is refused meanwhile.",
    "The secret was rotated.",
    lambda row, answers, by, at: rotate_secret(endpoint=row, by=actor_of(by), at=at),
    lambda row, reader: True,
    may=may_manage_webhooks,
)
REPLAY = Act(
    "replay",
    "Replay",
    "The events between two positions go out once more, with the same ids: a receiver that keeps ids notices.",
    "The events are on their way once more.",
    _replay,
    lambda row, reader: row.state == EndpointState.ACTIVE,
    form=RangeForm,
    may=may_manage_webhooks,
)
DISABLE = Act(
    "disable",
    "Disable",
    "Nothing more is sent until somebody enables it. What happens meanwhile stays in the change feed for 30 days.",
    "The endpoint is disabled.",
    lambda row, answers, by, at: disable_endpoint(endpoint=row, by=actor_of(by)),
    lambda row, reader: row.state != EndpointState.DISABLED,
    tone="danger",
    may=may_manage_webhooks,
)


class EndpointStateFilter(QuestionFilter):
    title = "Is it told?"
    parameter_name = "state"
    answers = dict(EndpointState.choices)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(WithListTools, ReadOnlyAdmin[WebhookEndpoint]):
    gives_rights = True
    rights = Rights(see=may_see_sources)
    acts = (CHANGE, PING, ENABLE, ROTATE, REPLAY, DISABLE)
    list_acts = (REGISTER,)
    empty_title = "No endpoint yet"
    empty_text = "An endpoint is an address that is told of events as they happen. Clients register theirs by the API."

    list_display = ("name", "state_tag", "owner_name", "tells", "success", "waits", "next_attempt", "last_success")
    list_display_links = ("name",)
    list_filter = (EndpointStateFilter,)
    search_fields = ("url", "description", "=owner")
    search_help_text = "Address, description or owner (client:7)"
    ordering = ("-id",)
    readonly_fields = ("tells", "own_changes", "signs_until")
    fieldsets = (
        ("Endpoint", {"fields": ("url", "description", ("tells", "own_changes"))}),
        ("State", {"fields": (("created_at", "active_since"), "signs_until")}),
        (
            "Health",
            {"fields": (("consecutive_failures", "paused_until"), ("last_success_at", "last_attempt_at"))},
        ),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        clients = ApiClient.objects.visible_to(reader).annotate(
            actor=Concat(Value("client:"), Cast("pk", CharField()), output_field=CharField())
        )
        named = Subquery(clients.filter(actor=OuterRef("owner")).values("name")[:1])
        return rows.with_fare(self.now() - FARE_OF).annotate(owner_name=Coalesce(named, F("owner")))

    def list_act_done(self, request: HttpRequest, act: Act, made: Any) -> HttpResponse:
        return self._show_secret(request, act, made)

    def act_done(self, request: HttpRequest, act: Act, row: Any, made: Any) -> HttpResponse:
        if isinstance(made, NewEndpoint):
            return self._show_secret(request, act, made)
        return super().act_done(request, act, row, made)

    def _show_secret(self, request: HttpRequest, act: Act, made: NewEndpoint) -> HttpResponse:
        messages.success(request, act.done)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Secret of {made.endpoint}",
            "sentence": "Whoever receives the calls checks their signature with this secret.",
            "secret": made.secret,
            "onward": cells.address(made.endpoint),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/clg/shown_once.html", context, headers={"Cache-Control": "no-store"})

    @display(description="Endpoint", ordering="url")
    def name(self, row: WebhookEndpoint) -> str:
        return str(row)

    @display(description="State", ordering="state")
    def state_tag(self, row: WebhookEndpoint) -> SafeString:
        return cells.tag(row.get_state_display(), STATES[row.state])

    @display(description="Owner", ordering="owner")
    def owner_name(self, row: Any) -> str:
        return str(row.owner_name)

    @display(description="Changes of its owner's own")
    def own_changes(self, row: WebhookEndpoint) -> str:
        return "left out" if row.exclude_own else "told as well"

    @display(description="Former secret")
    def signs_until(self, row: WebhookEndpoint) -> SafeString | str:
        return f"signs too until {wording.moment(row.former_until)}" if row.former_until else cells.QUIET

    @display(description="Told of")
    def tells(self, row: WebhookEndpoint) -> str:
        return ", ".join(row.event_types)

    @display(description="Success, 7 days")
    def success(self, row: Any) -> SafeString:
        return cells.figure(wording.share(row.delivered, row.tried)) if row.tried else cells.QUIET

    @display(description="Waiting")
    def waits(self, row: Any) -> SafeString:
        return cells.figure(wording.number(row.waiting))

    @display(description="Next attempt")
    def next_attempt(self, row: Any) -> SafeString:
        due = [moment for moment in (row.next_attempt_at, row.paused_until) if moment]
        if row.next_attempt_at is None or row.state != EndpointState.ACTIVE:
            return cells.QUIET
        return cells.figure(wording.moment(max(due)))

    @display(description="Last success", ordering="last_success_at")
    def last_success(self, row: WebhookEndpoint) -> SafeString:
        return cells.near(row.last_success_at, self.now())


register_panel(WebhookEndpoint, endpoint_head, place=0)
register_panel(WebhookEndpoint, recent_deliveries, place=10)
