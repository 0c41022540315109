"""Webhook deliveries one by one: what became of each, when it is tried again, and sending one once more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.admin.webhook_page import STATES, delivery_answer, delivery_head, next_try
from accounts.permissions import may_manage_webhooks, may_see_sources
from clg import wording
from clg.actions.webhook import replay_deliveries
from clg.admin import Act, QuestionFilter, ReadOnlyAdmin, Rights, WithBulkActs, cells
from clg.admin.panels import register_panel
from clg.api.doors import actor_of
from clg.choices import EndpointState, WorkState
from clg.errors import Conflict
from clg.models import WebhookDelivery

# By the beginning of its cause.
_CAUSES: Final[Mapping[str, str]] = {
    "": "the event happened",
    "ping": "somebody asked for a ping",
    "replay": "somebody asked for a replay",
}


def _resend(row: WebhookDelivery, answers: Mapping[str, Any], by: Any, at: dt.datetime) -> int:
    if row.is_ping:
        raise Conflict("A ping is sent from the page of its endpoint.", code="invalid_transition")
    return replay_deliveries(endpoint=row.endpoint, deliveries=[row.public_id], by=actor_of(by))


RESEND = Act(
    "resend",
    "Send again",
    "The event goes out once more, with the same id, as a delivery of its own.",
    "on its way once more.",
    _resend,
    lambda row, reader: not row.is_ping and row.endpoint.state == EndpointState.ACTIVE,
    may=may_manage_webhooks,
)


class DeliveryStateFilter(QuestionFilter):
    title = "Did it arrive?"
    parameter_name = "state"
    answers = dict(WorkState.choices)


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
    readonly_fields = ("event_link", "why", "next_attempt", "answered", "latency")
    fieldsets = (
        ("Delivery", {"fields": (("endpoint", "event_link"), ("why", "created_at"))}),
        ("Calls", {"fields": (("attempts", "next_attempt"), ("attempted_at", "finished_at"), ("answered", "latency"))}),
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
        said = next_try(row).removeprefix("next ")
        return cells.figure(said) if said else cells.QUIET

    @display(description="Event")
    def event_link(self, row: WebhookDelivery) -> SafeString:
        return cells.link(row.event) if row.event else cells.QUIET

    @display(description="Sent because")
    def why(self, row: WebhookDelivery) -> str:
        return _CAUSES[row.cause.partition(":")[0]]

    @display(description="Made", ordering="id")
    def made(self, row: WebhookDelivery) -> SafeString:
        return cells.near(row.created_at, self.now())


register_panel(WebhookDelivery, delivery_head, place=0)
register_panel(WebhookDelivery, delivery_answer, place=10)
