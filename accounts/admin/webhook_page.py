"""The pages of an endpoint and of a delivery: how it fares, what stopped it, what came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import ApiClient
from clg import wording
from clg.admin import cells
from clg.admin.cards import TableCard, heading
from clg.choices import EndpointState, WorkState
from clg.models import WebhookDelivery, WebhookEndpoint

STATES: Final[Mapping[str, str]] = {
    EndpointState.ACTIVE: "good",
    EndpointState.PENDING: "info",
    EndpointState.DISABLED: "bad",
    WorkState.LEASED: "info",
    WorkState.DONE: "good",
    WorkState.DEAD: "bad",
}
_FARE_OF: Final = dt.timedelta(days=7)
_SHOWN: Final = 10
_TROUBLE_SHOWN: Final = 3


def endpoint_head(request: HttpRequest, row: Any) -> SafeString:
    now = timezone.now()
    found = WebhookEndpoint.objects.visible_to(request.user).with_fare(now - _FARE_OF).get(pk=row.pk)
    facts = [
        cells.tag(row.get_state_display(), STATES[row.state]),
        f"{wording.share(found.delivered, found.tried)} of {wording.number(found.tried)} arrived in 7 days"
        if found.tried
        else "nothing tried in 7 days",
        f"{wording.number(found.waiting)} waiting" if found.waiting else "",
        f"{wording.count(row.consecutive_failures, 'failure')} in a row" if row.consecutive_failures else "",
        _owner(request, row),
    ]
    context = {"endpoint": row, "is_paused": row.state == EndpointState.ACTIVE and row.is_paused(now)}
    context["paused_until"] = wording.moment(row.paused_until) if row.paused_until else ""
    return heading(str(row), facts) + render_to_string("admin/accounts/endpoint_banner.html", context)


def _owner(request: HttpRequest, row: WebhookEndpoint) -> SafeString | str:
    """The way to the client that registered it; of a person, and of a client out of sight, the name alone."""
    kind, _, key = row.owner.partition(":")
    clients = ApiClient.objects.visible_to(request.user)
    client = clients.filter(pk=int(key)).first() if kind == "client" else None
    return cells.link(client) if client else f"of {row.owner}"


def recent_deliveries(request: HttpRequest, row: Any) -> SafeString:
    rows = WebhookDelivery.objects.visible_to(request.user).filter(endpoint=row).select_related("event")
    # Index clg_webhookdelivery_due.
    in_trouble = list(rows.filter(state=WorkState.PENDING, attempts__gt=0).order_by("run_after", "id")[:_TROUBLE_SHOWN])
    newest = rows.order_by("-id").exclude(pk__in=[one.pk for one in in_trouble])[: _SHOWN - len(in_trouble)]
    return TableCard(
        "Deliveries to try again, then the newest" if in_trouble else "Newest deliveries",
        ["Event", "State", "Attempts", "Answer", "Latency", "Tried"],
        [_line(one) for one in [*in_trouble, *newest]],
        "Nothing was sent yet. The first is the ping; events follow as they happen.",
        numeric=frozenset({2, 4}),
        more=cells.list_address(WebhookDelivery, f"q={row.url}"),
    ).drawn()


def _line(row: WebhookDelivery) -> list[str]:
    return [
        cells.link(row),
        cells.tag(row.get_state_display(), STATES.get(row.state, "quiet")),
        wording.number(row.attempts),
        cells.code(str(row.status or row.error)) if row.status or row.error else cells.QUIET,
        f"{wording.number(row.latency_ms)} ms" if row.latency_ms is not None else cells.QUIET,
        wording.moment(row.attempted_at) if row.attempted_at else cells.QUIET,
    ]


def next_try(row: WebhookDelivery) -> str:
    """When it is called, or what it waits for; empty for what is over. Its endpoint may rest for longer."""
    if row.state != WorkState.PENDING:
        return ""
    if row.endpoint.state != EndpointState.ACTIVE and not row.is_ping:
        return "waits until its endpoint is active"
    rests = row.endpoint.paused_until
    return f"next {wording.moment(max(row.run_after, rests) if rests else row.run_after)}"


def delivery_head(request: HttpRequest, row: Any) -> SafeString:
    facts = [
        cells.tag(row.get_state_display(), STATES.get(row.state, "quiet")),
        wording.count(row.attempts, "attempt"),
        next_try(row),
        cells.link(row.endpoint),
        cells.code(row.message_id),
    ]
    return heading(str(row), facts)


def delivery_answer(request: HttpRequest, row: Any) -> SafeString:
    """The beginning of what the receiver answered last."""
    return render_to_string("admin/accounts/delivery_answer.html", {"delivery": row})
