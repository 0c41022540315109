"""Keyset pages: a row that existed throughout appears exactly once, whatever is written meanwhile.

The cursor is base64url of (resource, order, last key, hash of the filters) with an HMAC: an altered one is
`invalid_cursor`, one of another list or other filters `cursor_mismatch`. `crm-sync` section 1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet

from clg.api import parameters
from clg.api.errors import CursorMismatch, InvalidCursor
from clg.api.parameters import Parameter

Row = TypeVar("Row", bound=Model)
LIMIT_MAX: Final = 200
LIMIT_DEFAULT: Final = 50
COUNT_MAX: Final = 10_000
_MAC_BYTES: Final = 16
# What may differ from page to page of one list.
_NOT_HASHED: Final = frozenset(["limit", "cursor", "fields", "expand"])

PARAMETERS: Final = (
    Parameter("limit", parameters.whole(1, LIMIT_MAX, default=LIMIT_DEFAULT), "Rows a page."),
    Parameter(
        "cursor",
        parameters.judged_later("[A-Za-z0-9_-]+", longest=400),
        "The `next_cursor` of the page before; only with the filters and the order of that page.",
    ),
    Parameter("order", parameters.one_of(["id", "-id"], default="id"), "By age: oldest first, or newest first."),
)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list and the way to the next ones."""

    rows: list[Row]
    next_cursor: str | None


def read_page(rows: Any, values: Mapping[str, Any], *, resource: str, query: Mapping[str, str]) -> Page:
    """One page. `values` are the read parameters, `query` the texts as sent (hashed into the cursor)."""
    order = values.get("order", "id")
    limit = values.get("limit", LIMIT_DEFAULT)
    seal = _seal(resource, order, query)
    last = _last_key(values["cursor"], seal) if "cursor" in values else None
    found = list(rows.after_key(last, descending=order == "-id")[: limit + 1])
    more = len(found) > limit
    return Page(found[:limit], _cursor(found[limit - 1].pk, seal) if more else None)


def count_rows(rows: QuerySet[Any]) -> dict[str, object]:
    """How many rows, counted up to 10,000 and then said not to be exact."""
    count = rows.order_by().values("pk")[: COUNT_MAX + 1].count()
    return {"count": min(count, COUNT_MAX), "exact": count <= COUNT_MAX}


def _seal(resource: str, order: str, query: Mapping[str, str]) -> list[str]:
    kept = sorted((name, value) for name, value in query.items() if name not in _NOT_HASHED and name != "order")
    return [resource, order, hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:32]]


def _cursor(key: int, seal: list[str]) -> str:
    payload = json.dumps([*seal, key], separators=(",", ":")).encode()
    return _encoded(_mac(payload) + payload)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _last_key(text: str, seal: list[str]) -> int:
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
    *sealed, key = json.loads(payload)
    if sealed != seal:
        raise CursorMismatch
    return int(key)


def _mac(payload: bytes) -> bytes:
    key = hashlib.sha256(b"clg.cursor:" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, payload, "sha256")[:_MAC_BYTES]
