"""What `manage.py check` tells about an installation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from clg.models import SecurityLog


@register(Tags.database, deploy=True)
def role_owns_no_trail(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The role that the application works as cannot switch the guards of the audit trail off."""
    return [_WARNING for alias in databases or () if _owns_trail(alias)]


def _owns_trail(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%s)",
            [SecurityLog._meta.db_table],
        )
        found = cursor.fetchone()
    return bool(found and found[0])


_WARNING = Warning(
    "The database role owns the audit trail: it can switch off the guards that keep the past.",
    hint="docs/database-roles.md tells how to give the application a role of its own.",
    id="clg.W001",
)
