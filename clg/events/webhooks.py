"""Webhooks take their places: consumer, leased work, encrypted columns, what must always hold."""

from __future__ import annotations

from functools import partial
from typing import Final

from django.utils import timezone

from clg.actions.delivery import deliver_due
from clg.closed import ClosedColumn, register_closed
from clg.events import fan_out, webhook_invariants
from clg.events.consumers import register_consumer
from clg.events.leases import register_work
from clg.models import WebhookEndpoint

# A round of the sweeper has other things to do as well; the task of its own goes on longer.
SECONDS_A_ROUND: Final = 10


def register_all() -> None:
    register_consumer(fan_out.NAME, fan_out.fan_out)
    register_work("clg.deliver_webhooks", partial(deliver_due, clock=timezone.now, seconds=SECONDS_A_ROUND))
    webhook_invariants.register_invariants()
    register_closed(ClosedColumn(WebhookEndpoint, "secret"))
    register_closed(ClosedColumn(WebhookEndpoint, "former_secret"))
