"""Webhook endpoints: who is told, how that goes, and every act on one; the deliveries one by one."""

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

from accounts.admin.webhook_page import STATES, delivery_answer, delivery_head, endpoint_head, recent_deliveries
from accounts.models import ApiClient
from accounts.permissions import may_manage_webhooks, may_see_sources
from clg import wording
from clg.actions.webhook import (
    NewEndpoint,
    change_endpoint,
    create_endpoint,
    disable_endpoint,
    ping_endpoint,
    replay_deliveries,
    replay_range,
    rotate_secret,
)
from clg.admin import Act, QuestionFilter, ReadOnlyAdmin, Rights, RowForm, Rows, WithBulkActs, WithListTools, cells
from clg.admin.panels import register_panel
from clg.api.doors import actor_of
from clg.choices import EndpointState, WorkState
from clg.errors import Conflict
from clg.events.kinds import kinds
from clg.models import WebhookDelivery, WebhookEndpoint

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


def _resend(row: WebhookDelivery, answers: Mapping[str, Any], by: Any, at: dt.datetime) -> int:
    if row.is_ping:
        raise Conflict("A ping is sent from the page of its endpoint.", code="invalid_transition")
    return replay_deliveries(endpoint=row.endpoint, deliveries=[row.public_id], by=actor_of(by))


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
RESEND = Act(
    "resend",
    "Send again",
    "The event goes out once more, with the same id, as a delivery of its own.",
    "on its way once more.",
    _resend,
    lambda row, reader: not row.is_ping and row.endpoint.state == EndpointState.ACTIVE,
    may=may_manage_webhooks,
)


class EndpointStateFilter(QuestionFilter):
    title = "Is it told?"
    parameter_name = "state"
    answers = dict(EndpointState.choices)


class DeliveryStateFilter(QuestionFilter):
    title = "Did it arrive?"
    parameter_name = "state"
    answers = dict(WorkState.choices)


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
    fieldsets = (
        ("Endpoint", {"fields": ("url", ("description", "owner"), ("event_types", "exclude_own"))}),
        ("State", {"fields": (("state", "disabled_reason"), ("created_at", "active_since"), "former_until")}),
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


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(WithBulkActs, ReadOnlyAdmin[WebhookDelivery]):
    rights = Rights(see=may_see_sources)
    acts = (RESEND,)
    bulk_acts = (RESEND,)
    empty_title = "No delivery yet"
    empty_text = "Each event that an endpoint asked for stands here with its attempts, for 30 days."

    list_display = ("what", "endpoint_link", "state_tag", "attempts", "answered", "latency", "next_attempt", "made")
    list_display_links = ("what",)
    list_select_related = ("endpoint", "event")
    list_filter = (DeliveryStateFilter,)
    search_fields = ("=event__type", "=endpoint__url")
    search_help_text = "Whole type of event, or whole address"
    ordering = ("-id",)
    fieldsets = (
        ("Delivery", {"fields": (("endpoint", "event"), ("state", "cause"), ("attempts", "run_after"))}),
        ("Last call", {"fields": (("attempted_at", "finished_at"), ("status", "latency_ms"), "error")}),
    )

    @display(description="Event", ordering="event__type")
    def what(self, row: WebhookDelivery) -> str:
        return str(row)

    @display(description="Endpoint")
    def endpoint_link(self, row: WebhookDelivery) -> SafeString:
        return cells.link(row.endpoint)

    @display(description="State", ordering="state")
    def state_tag(self, row: WebhookDelivery) -> SafeString:
        return cells.tag(row.get_state_display(), STATES[row.state])

    @display(description="Answer", ordering="status")
    def answered(self, row: WebhookDelivery) -> SafeString:
        return cells.code(str(row.status or row.error)) if row.status or row.error else cells.QUIET

    @display(description="Latency", ordering="latency_ms")
    def latency(self, row: WebhookDelivery) -> SafeString:
        return cells.QUIET if row.latency_ms is None else cells.figure(f"{wording.number(row.latency_ms)} ms")

    @display(description="Next attempt", ordering="run_after")
    def next_attempt(self, row: WebhookDelivery) -> SafeString:
        waits = row.state == WorkState.PENDING
        return cells.figure(wording.moment(row.run_after)) if waits else cells.QUIET

    @display(description="Made", ordering="id")
    def made(self, row: WebhookDelivery) -> SafeString:
        return cells.near(row.created_at, self.now())


register_panel(WebhookEndpoint, endpoint_head, place=0)
register_panel(WebhookEndpoint, recent_deliveries, place=10)
register_panel(WebhookDelivery, delivery_head, place=0)
register_panel(WebhookDelivery, delivery_answer, place=10)
