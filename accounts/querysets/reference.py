"""Reading what everybody with a role may know: products, teams, exchange rates."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import QuerySet

from accounts.choices import Role
from accounts.principals import ApiPrincipal, has_role
from accounts.querysets.sight import EVERYTHING, NOTHING


class ReferenceQuerySet(QuerySet[Any]):
    """Plain reference data."""

    def visible_to(self, principal: Any) -> Self:
        """All of it for anybody with a role, and for clients."""
        known = isinstance(principal, ApiPrincipal) or has_role(principal, *Role)
        return self.filter(EVERYTHING if known else NOTHING)
