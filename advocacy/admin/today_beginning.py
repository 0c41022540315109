"""Today in an empty house: the first step, for who may take it, or why this reader sees nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accounts.models import CrmSource
from accounts.permissions import may_import, may_see_accounts
from clg.admin import Way
from clg.admin.ways import open_ways

SOURCE = Way("Add a source", "accounts.crmsource", page="add")
FILE = Way("Import a file", "accounts.importjob", "upload")


def beginning(request: HttpRequest) -> dict[str, Any]:
    """A source before its files: an import asks whose ids and clock the rows carry."""
    reader = request.user
    has_source = CrmSource.objects.visible_to(reader).exists()
    return {
        "is_empty": True,
        "has_source": has_source,
        "may_import": bool(may_import(reader)),
        "may_see_accounts": bool(may_see_accounts(reader)),
        "ways": open_ways([FILE if has_source else SOURCE], request),
    }
