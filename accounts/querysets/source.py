"""Reading outside systems, their clients and their names for our rows."""

from __future__ import annotations

from typing import Any, Final, Self

from django.db.models import QuerySet

from accounts.choices import Role
from accounts.principals import has_role
from accounts.querysets.sight import EVERYTHING, NOTHING

SEES_SOURCES: Final = (Role.ADMINISTRATOR, Role.MARKETER, Role.AUDITOR)


class SourceQuerySet(QuerySet[Any]):
    """Sources and what hangs on them."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(EVERYTHING if has_role(principal, *SEES_SOURCES) else NOTHING)
