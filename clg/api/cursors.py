"""Cursors: a place in a list that only we can write. base64url of an HMAC and of JSON; an altered one opens nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any, Final

from django.conf import settings

from clg.api import parameters
from clg.api.errors import InvalidCursor

FORM: Final = parameters.judged_later("[A-Za-z0-9_-]+", longest=400)
_MAC_BYTES: Final = 16


def write_cursor(parts: list[Any]) -> str:
    payload = json.dumps(parts, separators=(",", ":")).encode()
    return _encoded(_mac(payload) + payload)


def read_cursor(text: str) -> list[Any]:
    """The parts of a cursor of ours. Raises `InvalidCursor`."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise InvalidCursor from error
    # The decoder passes over foreign characters and spare bits, so other texts would open the same page.
    if _encoded(raw) != text:
        raise InvalidCursor
    mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(payload)):
        raise InvalidCursor
    parts: list[Any] = json.loads(payload)
    return parts


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(payload: bytes) -> bytes:
    key = hashlib.sha256(b"clg.cursor:" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, payload, "sha256")[:_MAC_BYTES]
