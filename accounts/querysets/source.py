"""Reading outside systems, their clients and their names for our rows."""

from __future__ import annotations

from typing import Any, Final, Self

from django.db.models import QuerySet

from accounts.choices import Role
from accounts.principals import has_role
from accounts.querysets.sight import EVERYTHING, NOTHING, known_contact

SEES_SOURCES: Final = (Role.ADMINISTRATOR, Role.MARKETER, Role.AUDITOR)


class SourceQuerySet(QuerySet[Any]):
    """Sources and what hangs on them."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(EVERYTHING if has_role(principal, *SEES_SOURCES) else NOTHING)


class IdentityQuerySet(SourceQuerySet):
    """Names that sources have for our rows."""

    def with_known_contact(self, reader: Any) -> Self:
        """Adds `known_contact`: the key of the person named, NULL for none and for one the reader does not know."""
        return self.annotate(known_contact=known_contact(reader))
