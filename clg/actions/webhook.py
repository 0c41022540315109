"""Making, changing and ending webhook endpoints. `crm-sync` section 10.

Locks go from the endpoint to its deliveries, everywhere. Each change of what an endpoint is told raises its version.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import transaction

from clg.choices import DisabledReason, EndpointState, WorkState
from clg.crypto import encrypt
from clg.errors import Conflict, FieldError, InvalidInput
from clg.events import fan_out
from clg.events.egress import check_target
from clg.events.kinds import kinds
from clg.events.messages import new_secret
from clg.events.origin import caused_by, current_origin
from clg.events.outbox import emit
from clg.events.owners import audience_behind
from clg.events.waking import wake_on_commit
from clg.models import FeedState, WebhookDelivery, WebhookEndpoint
from clg.security_log import log_security

FORMER_SIGNS: Final = dt.timedelta(hours=24)
REPLAYED_MAX: Final = 10_000
TYPES_MAX: Final = 50
_SERVED: Final = ("event_types", "exclude_own")
_EDITED: Final = ("url", "description", *_SERVED)


@dataclass(frozen=True)
class NewEndpoint:
    """An endpoint with its secret, which is shown this once."""

    endpoint: WebhookEndpoint
    secret: str


@transaction.atomic
def create_endpoint(
    *, owner: str, url: str, event_types: Sequence[str], description: str = "", exclude_own: bool = True, by: str
) -> NewEndpoint:
    """A pending endpoint, whose first ping is on its way. Raises `UrlNotAllowed`, or `InvalidInput` for a type."""
    check_target(url)
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        owner=owner,
        url=url,
        event_types=_known_types(event_types),
        description=description,
        exclude_own=exclude_own,
        secret=encrypt(secret.encode()),
    )
    _log("webhook_endpoint.created", endpoint, by)
    _queue_ping(endpoint)
    return NewEndpoint(endpoint, secret)


@transaction.atomic
def change_endpoint(*, endpoint: WebhookEndpoint, values: Mapping[str, Any], by: str) -> WebhookEndpoint:
    """Change url, event_types, description or exclude_own. A new address must answer a ping before it is told more.

    Raises `UrlNotAllowed`, or `InvalidInput` for a type that there is not.
    """
    if "url" in values:
        check_target(values["url"])
    wanted = dict(values)
    if "event_types" in wanted:
        wanted["event_types"] = _known_types(wanted["event_types"])
    locked = _locked(endpoint)
    changed = [name for name in _EDITED if name in wanted and wanted[name] != getattr(locked, name)]
    if not changed:
        return locked
    for name in changed:
        setattr(locked, name, wanted[name])
    if not set(changed).isdisjoint(_SERVED):
        fan_out.note_audience(locked, before=_last_position() + 1)
    if "url" in changed and locked.state != EndpointState.DISABLED:
        locked.state = EndpointState.PENDING
        _queue_ping(locked)
    _save(locked, *changed, "owed_from", "state")
    _log("webhook_endpoint.changed", locked, by, fields=changed)
    return locked


@transaction.atomic
def delete_endpoint(*, endpoint: WebhookEndpoint, by: str) -> None:
    """End an endpoint with all its deliveries; a call that is under way is not recorded any more."""
    _log("webhook_endpoint.deleted", endpoint, by)
    _locked(endpoint).delete()


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, by: str, at: dt.datetime) -> NewEndpoint:
    """A new secret, shown this once; the former one signs beside it for 24 hours."""
    locked, secret = _locked(endpoint), new_secret()
    locked.former_secret, locked.former_until = locked.secret, at + FORMER_SIGNS
    locked.secret = encrypt(secret.encode())
    _save(locked, "secret", "former_secret", "former_until")
    _log("webhook_endpoint.secret_rotated", locked, by)
    return NewEndpoint(locked, secret)


@transaction.atomic
def ping_endpoint(*, endpoint: WebhookEndpoint, by: str) -> WebhookDelivery:
    """Send a ping; of an endpoint that is off it is the way back: with its 2xx the endpoint is active again."""
    locked = _locked(endpoint)
    if locked.state == EndpointState.DISABLED:
        locked.state, locked.disabled_reason, locked.paused_until = EndpointState.PENDING, "", None
        _save(locked, "state", "disabled_reason", "paused_until")
        _log("webhook_endpoint.enabled", locked, by)
    return _queue_ping(locked)


@transaction.atomic
def disable_endpoint(*, endpoint: WebhookEndpoint, by: str, reason: str = DisabledReason.BY_HAND) -> WebhookEndpoint:
    """Tell it nothing more, and say so to whoever follows the feed; again changes nothing."""
    locked = _locked(endpoint)
    if locked.state != EndpointState.DISABLED:
        close_endpoint(locked, reason=reason, by=by)
    return locked


def close_endpoint(endpoint: WebhookEndpoint, *, reason: str, by: str) -> None:
    """Switch a locked endpoint off, inside the transaction of whatever was the cause."""
    endpoint.state, endpoint.disabled_reason = EndpointState.DISABLED, reason
    _save(endpoint, "state", "disabled_reason")
    # Whoever switches it off, it is the owner's source that hears of it: the kind is private.
    audience = audience_behind(endpoint.owner)
    with caused_by(replace(current_origin(), source=audience.source if audience else endpoint.source)):
        emit(
            "webhook_endpoint.disabled",
            object_type="webhook_endpoint",
            object_id=endpoint.public_id,
            version=endpoint.version,
            changed_fields=["state"],
        )
    _log("webhook_endpoint.disabled", endpoint, by, reason=reason)


def open_endpoint(endpoint: WebhookEndpoint, *, at: dt.datetime) -> None:
    """Make a locked endpoint active: it is told of what happens from now on. The fan-out waits for the lock."""
    last = _last_position()
    endpoint.state, endpoint.active_since, endpoint.live_from, endpoint.owed_from = EndpointState.ACTIVE, at, last, last
    _save(endpoint, "state", "active_since", "live_from", "owed_from")
    fan_out.note_audience(endpoint, before=last + 1)


@transaction.atomic
def replay_range(*, endpoint: WebhookEndpoint, first: int, last: int, by: str) -> int:
    """Send the events of a range of positions again; how many. Raises `Conflict` while it is not active, and
    `InvalidInput` (too_many_items) over 10,000."""
    locked = _active(endpoint)
    fan_out.note_audience(locked, before=_last_position() + 1)
    count = fan_out.tell(locked, after=first - 1, until=last, most=REPLAYED_MAX + 1, cause=_cause())
    return _replayed(locked, count, by)


@transaction.atomic
def replay_deliveries(*, endpoint: WebhookEndpoint, deliveries: Collection[uuid.UUID], by: str) -> int:
    """Send the events of some deliveries again; how many. Raises `InvalidInput` for one that is not the endpoint's."""
    locked = _active(endpoint)
    rows = WebhookDelivery.objects.filter(endpoint=locked, public_id__in=deliveries, event__isnull=False)
    events = list(rows.order_by("event__position").values_list("event_id", flat=True))
    if len(events) != len(set(deliveries)):
        raise InvalidInput(
            "A delivery is not one of an event to this endpoint.",
            errors=[FieldError("not_found", "Not a delivery of an event to this endpoint.", "/delivery_ids")],
        )
    cause = _cause()
    again = [WebhookDelivery(endpoint=locked, event_id=event, cause=cause) for event in dict.fromkeys(events)]
    return _replayed(locked, len(WebhookDelivery.objects.bulk_create(again)), by)


def _replayed(endpoint: WebhookEndpoint, count: int, by: str) -> int:
    if count > REPLAYED_MAX:
        raise InvalidInput(f"A replay has at most {REPLAYED_MAX:,} events.", code="too_many_items")
    _log("webhook_endpoint.replayed", endpoint, by, count=count)
    wake_on_commit("clg.deliver_webhooks")
    return count


def _cause() -> str:
    return f"replay:{uuid.uuid4().hex}"


def _active(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    locked = _locked(endpoint)
    if locked.state != EndpointState.ACTIVE:
        raise Conflict("The endpoint is not active; it must answer a ping first.", code="invalid_transition")
    return locked


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def _queue_ping(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """The newest ping only: those that still wait would say the same."""
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, event=None, state=WorkState.PENDING)
    waiting.update(state=WorkState.DEAD)
    wake_on_commit("clg.deliver_webhooks")
    return WebhookDelivery.objects.create(endpoint=endpoint, event=None, cause=f"ping:{uuid.uuid4().hex}")


def _save(endpoint: WebhookEndpoint, *fields: str) -> None:
    """Write a change that shows outside, as the next version."""
    endpoint.version += 1
    endpoint.save(update_fields=[*fields, "version"])


def _known_types(wanted: Sequence[str]) -> list[str]:
    """The types without repetition. Raises `InvalidInput` for one of no kind that there is."""
    known = {kind.name: kind.types for kind in kinds()}
    errors = [
        FieldError("invalid_choice", "Not a type of event.", f"/event_types/{index}")
        for index, text in enumerate(wanted)
        if text not in known.get(kind := text.partition(".")[0], ()) and text != f"{kind}.*" or kind not in known
    ]
    if errors:
        raise InvalidInput("An event type is not known.", errors=errors)
    return list(dict.fromkeys(wanted))


def _last_position() -> int:
    return FeedState.objects.values_list("last_position", flat=True).first() or 0


def _log(event: str, endpoint: WebhookEndpoint, by: str, **data: object) -> None:
    log_security(event, actor=by, object_type="webhook_endpoint", object_id=endpoint.name_outside, data=data)
