"""How champions stand in other resources' answers: null for callers who may not read the pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advocacy.models import Champion
from advocacy.permissions import may_see_pool
from clg import codes


def shows_champions(reader: Any) -> bool:
    """Whether champions, and the titles of their acts, may stand in answers to this caller."""
    return bool(may_see_pool(reader))


def champion_id(champion: Champion, context: Mapping[str, Any]) -> str | None:
    return codes.name_of(champion) if context["shows_champions"] else None


def champion_contact_external_id(champion: Champion, context: Mapping[str, Any]) -> str | None:
    """The caller's own id of the person behind the champion."""
    if not context["shows_champions"]:
        return None
    name: str | None = context["external_names"].get(("contact", champion.contact_id))
    return name
