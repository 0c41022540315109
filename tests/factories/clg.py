"""Rows of the ground floor, made by its actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from clg.actions.webhook import NewEndpoint, create_endpoint, open_endpoint
from clg.models import WebhookDelivery, WebhookEndpoint

EVERYTHING = ("account.*", "contact.*", "opportunity.*", "attribution.*")


def make_endpoint(owner: str, url: str = "http://127.0.0.1:9/hook", **fields: Any) -> NewEndpoint:
    """A pending endpoint without its first ping."""
    wanted = {"event_types": EVERYTHING, **fields}
    made = create_endpoint(owner=owner, url=url, by=owner, **wanted)
    WebhookDelivery.objects.filter(endpoint=made.endpoint).delete()
    return made


def make_active_endpoint(owner: str, url: str = "http://127.0.0.1:9/hook", **fields: Any) -> NewEndpoint:
    """An endpoint as if it had answered its ping."""
    made = make_endpoint(owner, url, **fields)
    open_endpoint(made.endpoint, at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    return made


def deliveries(endpoint: WebhookEndpoint, *states: str) -> Sequence[WebhookDelivery]:
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk")
    return list(rows.filter(state__in=states) if states else rows)
