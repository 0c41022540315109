"""In which part somebody moves an ask, and how the history names them. `readiness` 6.3, `security` 2.2."""

from __future__ import annotations

from typing import TypeAlias

from accounts.choices import Role
from accounts.models import User
from accounts.permissions import cares_for
from accounts.principals import ApiPrincipal, has_scope
from advocacy.asks.lifecycle import AskPart
from advocacy.models import Ask, Champion
from advocacy.readiness.standing import Advocate

# Nobody named is the system.
AskActor: TypeAlias = User | Advocate | ApiPrincipal | None


def parts_in(actor: AskActor, ask: Ask) -> frozenset[AskPart]:
    """What an actor is to an ask; a client of the API is the asker of its own."""
    if actor is None:
        return frozenset([AskPart.SYSTEM])
    if isinstance(actor, Advocate):
        return frozenset([AskPart.PERSON])
    parts = set()
    if name_of_asker(actor) == ask.asked_as:
        parts.add(AskPart.ASKER)
    if isinstance(actor, User) and actor.is_active:
        if actor.has_role(Role.MARKETER):
            parts.add(AskPart.MARKETER)
        if actor.has_role(Role.CSM) and cares_for(actor, ask.account):
            parts.add(AskPart.CSM)
    return frozenset(parts)


def may_ask_champion(actor: AskActor, champion: Champion) -> bool:
    """Whether an actor may put an ask to a champion: marketers, the CSM of the account, clients with the scope, we."""
    if isinstance(actor, User):
        in_care = actor.has_role(Role.CSM) and cares_for(actor, champion.account)
        return actor.is_active and (actor.has_role(Role.MARKETER) or in_care)
    return actor is None or has_scope(actor, "asks:write")


def may_override(actor: AskActor) -> bool:
    return isinstance(actor, User) and actor.is_active and actor.has_role(Role.MARKETER)


def name_of_asker(actor: AskActor) -> str:
    """`user:3`, `link:9`, `client:5` or `system`."""
    if actor is None:
        return "system"
    if isinstance(actor, Advocate):
        return actor.name
    return actor.actor if isinstance(actor, ApiPrincipal) else f"user:{actor.pk}"
