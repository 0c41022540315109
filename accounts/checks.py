"""What `manage.py check --database default`, and every `migrate`, tells about people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from accounts.models import User


@register(Tags.database)
def superusers_are_gone(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A superuser is for the first start only: rights come from roles, which four eyes can tell apart."""
    return [_WARNING for alias in databases or () if _has_superuser(alias)]


def _has_superuser(alias: str) -> bool:
    if User._meta.db_table not in connections[alias].introspection.table_names():
        return False  # before the first migration
    return User.objects.using(alias).filter(is_superuser=True, is_active=True).exists()


_WARNING = Warning(
    "There is an active superuser, who passes over every role.",
    hint="Invite an administrator, then disable_user the superuser of the first start.",
    id="accounts.W001",
)
