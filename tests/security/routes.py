"""Every address of the site, found by walking the URL configuration, with an id that nobody has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from django.urls import get_resolver

_UNKNOWN: Final = {
    "public_id": "xxx_" + "0" * 32,
    "external_id": "nobody",
    "key": "nothing",
    "code": "not_found",
    "object_id": "0",
    "content_type_id": "1",
    "name": "nothing",
    "pk": "0",
    "uidb36": "0",
    "app_label": "accounts",
    "url": "nothing",
    "rest": "1/2",
}


def routes() -> list[str]:
    """Patterns as the configuration writes them, `api/v1/accounts/<str:public_id>`."""
    return sorted(set(_walk(get_resolver())))


def _walk(resolver: Any, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _walk(entry, pattern)
        else:
            yield pattern


def address_of(route: str) -> str:
    """A path that the route matches."""
    filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: _UNKNOWN[m[1]], re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route))
    return "/" + filled.replace("^", "").replace("$", "").replace("\\", "")
