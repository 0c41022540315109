"""I6 and I7 of webhooks: who is to be told has a delivery, what was delivered is left alone, nothing lies about."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.db import connection

from clg.events.fan_out import NAME, words_of
from clg.events.feed import ADMITTED
from clg.invariants import SAMPLE_SIZE, Depth, Finding, Invariant, look_by_sql, register
from clg.models import WebhookEndpoint

_HERE: Final = Path(__file__).parent
_OWED: Final = (_HERE / "invariant_owed.sql").read_text().format(admitted=ADMITTED)
_DELIVERED: Final = (_HERE / "invariant_delivered.sql").read_text()
_WAITING: Final = (_HERE / "invariant_deliveries_waiting.sql").read_text()


def register_invariants() -> None:
    register(Invariant("I6", "each active endpoint has a delivery of what it is to be told", _look_for_owed))
    register(Invariant("I6", "nothing is sent again after a stored end", look_by_sql(_DELIVERED)))
    register(Invariant("I7", "no delivery waits longer than 5 minutes", look_by_sql(_WAITING)))


def _look_for_owed(depth: Depth) -> Finding:
    found = [_owed_to(endpoint) for endpoint in WebhookEndpoint.objects.active()]
    sample = [name for one in found for name in one.sample]
    return Finding(sum(one.checked for one in found), sum(one.breaches for one in found), sample[:SAMPLE_SIZE])


def _owed_to(endpoint: WebhookEndpoint) -> Finding:
    after = max(endpoint.live_from, endpoint.owed_from)
    values = {**words_of(endpoint), "endpoint": endpoint.pk, "consumer": NAME, "after": after}
    with connection.cursor() as cursor:
        cursor.execute(_OWED, values)
        checked, breaches, positions = cursor.fetchone()
    return Finding(checked, breaches, [f"{endpoint.name_outside} position {one}" for one in positions or []])
