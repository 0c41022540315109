"""Delivering webhooks: claim, call, write down what came of it. `crm-sync` section 10.

The call stands between two short transactions. A worker that dies anywhere leaves a lease that ends, and the delivery
is sent again: at least once. What is stored as delivered is final, so it is not sent again by us.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from clg.actions.webhook import close_endpoint, open_endpoint
from clg.choices import DisabledReason, EndpointState, WorkState
from clg.events import egress, retries
from clg.events.leases import LeaseLost, claim, finish
from clg.events.messages import message_of
from clg.failpoints import failpoint, register
from clg.logs import get_logger
from clg.models import WebhookDelivery, WebhookEndpoint

register("delivery_claimed", "delivery_response_read", "delivery_before_commit", "delivery_after_commit")

AT_ONCE: Final = 2
KEPT_CHARACTERS: Final = 1024
_GONE: Final = 410
# The owner may not hear of the event any more: no call, no further attempt, no failure of the endpoint.
_NOT_FOR_OWNER: Final = "not_for_owner"
_BY: Final = "clg.deliver_webhooks"
_OPEN_ENDPOINT: Final = (Path(__file__).parents[1] / "events" / "open_endpoint.sql").read_text()

_log = get_logger("clg.webhooks")


@dataclass(frozen=True)
class Outcome:
    """What came of one call: an answer, or the word for why there was none."""

    status: int | None = None
    milliseconds: int | None = None
    error: str = ""
    answer: str = ""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def deliver_due(*, clock: Callable[[], dt.datetime], seconds: float) -> int:
    """Deliver what is due, one after the other, beginning none after so many seconds; how many calls were made."""
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline and (delivery := claim_delivery(at=clock())) is not None:
        failpoint("delivery_claimed")
        deliver(delivery, clock=clock)
        count += 1
    return count


@transaction.atomic
def claim_delivery(*, at: dt.datetime) -> WebhookDelivery | None:
    """The next delivery, leased; `None` when nothing is due, or all that is due waits for others to end."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_ENDPOINT, {"at": at, "probation": retries.PAUSES_FROM})
        row = cursor.fetchone()
    if row is None:
        return None
    endpoint = WebhookEndpoint.objects.get(pk=row[0])
    own = WebhookDelivery.objects.filter(endpoint=endpoint)
    # Counted again now that the endpoint is ours: a rival may have claimed since the look that found it.
    if own.held(at).count() >= _places(endpoint):
        return None
    rows = own if endpoint.state == EndpointState.ACTIVE else own.filter(event=None)
    delivery: WebhookDelivery | None = claim(rows.select_related("event", "endpoint"), at=at)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(last_attempt_at=at)
    return delivery


def _places(endpoint: WebhookEndpoint) -> int:
    """How many calls at once; one while it is on probation."""
    return 1 if endpoint.consecutive_failures >= retries.PAUSES_FROM else AT_ONCE


def deliver(delivery: WebhookDelivery, *, clock: Callable[[], dt.datetime]) -> None:
    """One call of a claimed delivery, and its result. A lost lease is logged and changes nothing."""
    outcome = _call(delivery, at=clock())
    failpoint("delivery_response_read")
    try:
        _write_down(delivery, outcome, at=clock())
    except LeaseLost:
        _log.warning("delivery lease lost", object_type="webhook_delivery", object_id=delivery.name_outside)
        return
    failpoint("delivery_after_commit")


def _call(delivery: WebhookDelivery, *, at: dt.datetime) -> Outcome:
    message = message_of(delivery, at=at)
    if message is None:
        return Outcome(error=_NOT_FOR_OWNER)
    try:
        answer = egress.post(delivery.endpoint.url, message.body, message.headers)
    except egress.UrlNotAllowed as error:
        return Outcome(error=error.code)
    except egress.NoAnswer as error:
        return Outcome(error=error.code)
    text = answer.body[: KEPT_CHARACTERS * 4].decode("utf-8", "replace").replace("\x00", "")[:KEPT_CHARACTERS]
    return Outcome(answer.status, answer.milliseconds, "", text, answer.retry_after)


@transaction.atomic
def _write_down(delivery: WebhookDelivery, outcome: Outcome, *, at: dt.datetime) -> None:
    """The result of a call: of the delivery, and of the endpoint's health. Raises `LeaseLost`."""
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id).first()
    if endpoint is None:
        raise LeaseLost
    finish(delivery, **_columns(delivery, outcome, at))
    if outcome.is_success:
        _note_success(endpoint, delivery, at)
    elif not delivery.is_ping and outcome.error != _NOT_FOR_OWNER:
        _note_failure(endpoint, outcome, at)
    failpoint("delivery_before_commit")


def _columns(delivery: WebhookDelivery, outcome: Outcome, at: dt.datetime) -> dict[str, Any]:
    found = {
        "attempted_at": at,
        "status": outcome.status,
        "latency_ms": outcome.milliseconds,
        "error": outcome.error,
        "answer": outcome.answer,
    }
    if outcome.is_success:
        return {**found, "state": WorkState.DONE, "finished_at": at}
    # A ping is not repeated by itself: whoever asked for it does.
    is_last = delivery.is_ping or outcome.status == _GONE or outcome.error == _NOT_FOR_OWNER
    delay = None if is_last else retries.delay_after(delivery.attempts)
    if delay is None:
        return {**found, "state": WorkState.DEAD, "finished_at": at}
    wait = retries.asked_wait(outcome.retry_after, at=at)
    return {**found, "state": WorkState.PENDING, "run_after": at + max(delay, wait or delay)}


def _note_success(endpoint: WebhookEndpoint, delivery: WebhookDelivery, at: dt.datetime) -> None:
    endpoint.consecutive_failures, endpoint.paused_until, endpoint.last_success_at = 0, None, at
    endpoint.save(update_fields=["consecutive_failures", "paused_until", "last_success_at"])
    if delivery.is_ping and endpoint.state == EndpointState.PENDING and delivery.endpoint.url == endpoint.url:
        open_endpoint(endpoint, at=at)


def _note_failure(endpoint: WebhookEndpoint, outcome: Outcome, at: dt.datetime) -> None:
    """Count it, let the endpoint rest, and give it up when it said so or failed for days."""
    endpoint.consecutive_failures += 1
    rest = _rest(endpoint.consecutive_failures, outcome, at)
    endpoint.paused_until = at + rest if rest else None
    endpoint.save(update_fields=["consecutive_failures", "paused_until"])
    if endpoint.state == EndpointState.DISABLED:
        return
    well_since = endpoint.last_success_at or endpoint.active_since
    if outcome.status == _GONE:
        close_endpoint(endpoint, reason=DisabledReason.GONE, by=_BY)
    elif retries.has_failed_for_long(endpoint.consecutive_failures, since=well_since, at=at):
        close_endpoint(endpoint, reason=DisabledReason.FAILING, by=_BY)


def _rest(failures: int, outcome: Outcome, at: dt.datetime) -> dt.timedelta:
    """How long nothing is sent: what its failures ask for, or the longer that its answer asks for."""
    asked = retries.asked_wait(outcome.retry_after, at=at)
    if asked is None:
        asked = retries.SLOWER_FOR if outcome.status in retries.SLOWER else dt.timedelta()
    return max(retries.pause_after(failures), asked)
