"""Keyset pages: a row that existed throughout appears exactly once, whatever is written meanwhile.

The cursor is base64url of (resource, order, last key, hash of the filters) with an HMAC: an altered one is
`invalid_cursor`, one of another list or other filters `cursor_mismatch`. `crm-sync` section 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.db.models import Model, QuerySet

from clg.api import parameters
from clg.api.cursors import FORM, read_cursor, write_cursor
from clg.api.errors import CursorMismatch
from clg.api.parameters import Parameter

Row = TypeVar("Row", bound=Model)
LIMIT_MAX: Final = 200
LIMIT_DEFAULT: Final = 50
COUNT_MAX: Final = 10_000
# What may differ from page to page of one list.
_NOT_HASHED: Final = frozenset(["limit", "cursor", "fields", "expand"])

PARAMETERS: Final = (
    Parameter("limit", parameters.whole(1, LIMIT_MAX, default=LIMIT_DEFAULT), "Rows a page."),
    Parameter(
        "cursor",
        FORM,
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
    return Page(found[:limit], write_cursor([*seal, found[limit - 1].pk]) if more else None)


def count_rows(rows: QuerySet[Any]) -> dict[str, object]:
    """How many rows, counted up to 10,000 and then said not to be exact."""
    count = rows.order_by().values("pk")[: COUNT_MAX + 1].count()
    return {"count": min(count, COUNT_MAX), "exact": count <= COUNT_MAX}


def _seal(resource: str, order: str, query: Mapping[str, str]) -> list[str]:
    kept = sorted((name, value) for name, value in query.items() if name not in _NOT_HASHED and name != "order")
    return [resource, order, hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:32]]


def _last_key(text: str, seal: list[str]) -> int:
    *sealed, key = read_cursor(text)
    if sealed != seal:
        raise CursorMismatch
    return int(key)
