"""Reading our own people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts.choices import Role
from accounts.principals import ApiPrincipal, has_role
from accounts.querysets.sight import EVERYTHING, NOTHING


class UserQuerySet(QuerySet[Any]):
    """People who sign in."""

    def visible_to(self, principal: Any) -> Self:
        """Administrators and auditors see everybody, anybody else themselves."""
        if isinstance(principal, ApiPrincipal) or not getattr(principal, "is_active", False):
            return self.filter(NOTHING)
        if has_role(principal, Role.ADMINISTRATOR, Role.AUDITOR):
            return self.filter(EVERYTHING)
        return self.filter(pk=principal.pk)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def with_role(self, *roles: Role) -> Self:
        return self.filter(groups__name__in=roles).distinct()

    def addressed(self, emails: Iterable[str]) -> Self:
        """Whose address is one of these, case aside."""
        return self.alias(address=Lower("email")).filter(Q(address__in=[email.lower() for email in emails]))
