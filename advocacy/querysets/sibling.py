"""Rows of another table of this floor, for subqueries. The models import these querysets, so tables come by name."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import QuerySet


def rows_of(name: str) -> QuerySet[Any]:
    return apps.get_model("advocacy", name)._default_manager.all()
