"""Who may stand before a queryset or a predicate: a user, a client of a CRM, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from accounts.models import ApiClient, CrmSource


@dataclass(frozen=True)
class ApiPrincipal:
    """A client with a valid token: it acts for its source, by the scopes of the token. It has no user."""

    client: ApiClient
    source: CrmSource
    scopes: frozenset[str]

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    @property
    def pk(self) -> int:
        return self.client.pk

    @property
    def actor(self) -> str:
        """The name kept in events and logs."""
        return f"client:{self.client.pk}"

    @property
    def batch_status(self) -> int:
        """The status of a batch with results of its own: 207, or 200 for callers that take 207 for a failure."""
        return self.client.batch_status

    def __str__(self) -> str:
        return self.actor

    def has_scope(self, *scopes: str) -> bool:
        """Whether the token carries at least one of them."""
        return not self.scopes.isdisjoint(scopes)


def has_role(principal: Any, *roles: str) -> bool:
    """Whether a signed-in, active user holds one of the roles; never true of a client or of nobody."""
    if isinstance(principal, ApiPrincipal) or not getattr(principal, "is_active", False):
        return False
    return bool(principal.has_role(*roles))


def has_scope(principal: Any, *scopes: str) -> bool:
    """Whether a client's token carries one of the scopes; never true of a user."""
    return isinstance(principal, ApiPrincipal) and principal.has_scope(*scopes)


# Nouns without a scope of their own for reading: whoever writes them reads them. `crm-sync` section 1.
_READ_BY_WRITERS: Final = frozenset({"signals"})


def reading_scope(noun: str) -> str:
    """The scope that lets a client read rows of a kind."""
    return f"{noun}:write" if noun in _READ_BY_WRITERS else f"{noun}:read"
