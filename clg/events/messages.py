"""What a webhook says and how it is signed: Standard Webhooks 1.0.0, by its library."""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from standardwebhooks import Webhook

from clg.api.fields import moment_text
from clg.crypto import decrypt
from clg.events.feed import entry_of
from clg.events.owners import audience_behind
from clg.models import WebhookDelivery, WebhookEndpoint

SECRET_BYTES: Final = 32
# A body stays below; written in ASCII, so that characters are bytes.
BODY_BYTES: Final = 20_000
_NAMES_TOLD: Final = (20, 1, 0)


@dataclass(frozen=True)
class Message:
    """A body and the headers that go with it."""

    body: bytes
    headers: Mapping[str, str]


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def message_of(delivery: WebhookDelivery, *, at: dt.datetime) -> Message | None:
    """The signed call of one attempt; during a rotation it carries two signatures.

    `None` when the owner may not hear of the event any more, or has ended.
    """
    content = _content(delivery)
    if content is None:
        return None
    body = _body(content)
    utc = at.astimezone(dt.UTC)
    signatures = [
        Webhook(secret).sign(delivery.message_id, utc, body) for secret in _secrets_of(delivery.endpoint, at=at)
    ]
    headers = {
        "Content-Type": "application/json",
        # Nothing to unpack: what we read of the answer is bounded as it comes.
        "Accept-Encoding": "identity",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(utc.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return Message(body.encode(), headers)


def _body(content: dict[str, Any]) -> str:
    """The content as JSON; a row with hundreds of names in the owner's source tells as many as there is room for."""
    for most in (None, *_NAMES_TOLD):
        body = json.dumps(_with_names(content, most), separators=(",", ":"))
        if len(body) < BODY_BYTES:
            break
    return body


def _with_names(content: dict[str, Any], most: int | None) -> dict[str, Any]:
    """The content with so many external ids of each ref, the first of which are those in force."""
    refs = content["data"].get("refs")
    if most is None or not refs:
        return content
    fewer = {name: {**ref, "external_ids": ref["external_ids"][:most]} for name, ref in refs.items()}
    return {**content, "data": {**content["data"], "refs": fewer}}


def _secrets_of(endpoint: WebhookEndpoint, *, at: dt.datetime) -> Iterator[str]:
    yield decrypt(bytes(endpoint.secret)).decode()
    if endpoint.former_secret is not None and endpoint.former_until is not None and endpoint.former_until > at:
        yield decrypt(bytes(endpoint.former_secret)).decode()


def _content(delivery: WebhookDelivery) -> dict[str, Any] | None:
    if delivery.event is None:
        data: dict[str, Any] = {"endpoint": delivery.endpoint.name_outside}
        return {"type": "webhook.ping", "timestamp": moment_text(delivery.created_at), "data": data}
    audience = audience_behind(delivery.endpoint.owner)
    entry = entry_of(delivery.event.pk, audience) if audience else None
    return entry and {"type": entry["type"], "timestamp": entry["occurred_at"], "data": entry}
