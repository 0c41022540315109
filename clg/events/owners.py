"""Who stands behind the owner of an endpoint: this floor keeps owners as text, upper floors register what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from clg.events.feed import Audience, audience_of

# From the key of an owner (`7` of `client:7`) to its principal, `None` for one that has ended.
Find: TypeAlias = Callable[[str], Any]

_owners: dict[str, Find] = {}


def register_owners(kind: str, find: Find) -> None:
    """Say who `<kind>:<key>` is; an upper app does this in `ready()`."""
    _owners[kind] = find


def audience_behind(owner: str) -> Audience | None:
    """What an owner may hear now, by the rules of the change feed; `None` for one that has ended."""
    kind, _, key = owner.partition(":")
    principal = _owners[kind](key) if kind in _owners else None
    return None if principal is None else audience_of(principal, actor=owner)
