"""How champions stand in other resources' answers: null for callers who may not know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.principals import ApiPrincipal
from advocacy.models import Activity, Champion
from advocacy.permissions import may_know_champion, may_know_company, may_see_pool
from clg import codes


def shows_champions(reader: Any) -> bool:
    """Whether some champions may stand in answers to this caller; which ones, the functions below say."""
    return bool(may_see_pool(reader))


def shows_champion(champion: Champion, reader: Any) -> bool:
    """Whether this champion's id and company may stand in an answer to this caller."""
    return bool(may_know_company(reader, champion))


def names_champion(champion: Champion, reader: Any) -> bool:
    """Whether what names the person may: a client reads titles with champions:read."""
    if isinstance(reader, ApiPrincipal):
        return shows_champion(champion, reader)
    return bool(may_know_champion(reader, champion))


def champion_id(champion: Champion, reader: Any) -> str | None:
    return codes.name_of(champion) if shows_champion(champion, reader) else None


def title_of(activity: Activity, reader: Any) -> str | None:
    """The title of an act; it may name its champion, so it is hidden with the person."""
    return (activity.title or None) if names_champion(activity.champion, reader) else None


def champion_contact_external_id(champion: Champion, reader: Any, context: Mapping[str, Any]) -> str | None:
    """The caller's own id of the person behind the champion."""
    if not shows_champion(champion, reader):
        return None
    name: str | None = context["external_names"].get(("contact", champion.contact_id))
    return name
