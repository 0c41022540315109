"""The consumer `clg.fan_out_webhooks`: each event becomes one delivery to each endpoint that is to be told of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.db import connection

from clg.choices import EndpointState
from clg.events.feed import ADMITTED
from clg.events.kinds import spelled_out
from clg.events.owners import audience_behind
from clg.events.waking import wake_on_commit
from clg.models import OutboxEvent, WebhookEndpoint

NAME: Final = "clg.fan_out_webhooks"
_FAN_OUT: Final = (Path(__file__).parent / "fan_out.sql").read_text().format(admitted=ADMITTED)


def fan_out(events: Sequence[OutboxEvent]) -> None:
    """Write the deliveries of a range of events, in the transaction that moves the consumer.

    All endpoints are locked, those that are not active too: one that becomes active meanwhile waits until this range is
    done, and is owed nothing of it.
    """
    first, last = events[0].position or 0, events[-1].position or 0
    written = 0
    for endpoint in WebhookEndpoint.objects.select_for_update(no_key=True).order_by("pk"):
        if endpoint.state == EndpointState.ACTIVE:
            note_audience(endpoint, before=first)
            written += tell(endpoint, after=max(first - 1, endpoint.live_from), until=last, most=len(events))
    if written:
        wake_on_commit("clg.deliver_webhooks")


def tell(endpoint: WebhookEndpoint, *, after: int, until: int, most: int, cause: str = "") -> int:
    """Write a delivery of every event of a range that the endpoint is told of, `most` at most; how many."""
    values = {**words_of(endpoint), "endpoint": endpoint.pk, "cause": cause}
    with connection.cursor() as cursor:
        cursor.execute(_FAN_OUT, {**values, "after": after, "until": until, "most": most})
        return cursor.rowcount


def words_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """The endpoint as the rule of the feed asks for its reader."""
    return {
        "shared": endpoint.shared_types,
        "private": endpoint.private_types,
        "actor": endpoint.owner,
        "source": endpoint.source,
        "exclude_own": endpoint.exclude_own,
    }


def note_audience(endpoint: WebhookEndpoint, *, before: int) -> None:
    """Keep on a locked endpoint what its owner may hear now of what it asked for; a change counts from `before` on."""
    audience = audience_behind(endpoint.owner)
    wanted = spelled_out(text.removesuffix(".*") for text in endpoint.event_types)
    now = (
        sorted(audience.shared & wanted) if audience else [],
        sorted(audience.private & wanted) if audience else [],
        audience.source if audience else "",
    )
    if now != (endpoint.shared_types, endpoint.private_types, endpoint.source):
        endpoint.shared_types, endpoint.private_types, endpoint.source = now
        endpoint.owed_from = max(endpoint.owed_from, before - 1)
        endpoint.save(update_fields=["shared_types", "private_types", "source", "owed_from"])
