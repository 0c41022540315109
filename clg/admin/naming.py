"""Rows by name for pages that hold only their keys: each screen's own words, for whoever may read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.db.models import Model

Names = Callable[[type[Model], Iterable[Any]], Mapping[Any, str]]
"""Names of rows of one model by primary key, in one query; without those that are gone or out of sight."""


def names_of(site: AdminSite, reader: Any) -> Names:
    """How this reader may hear rows named: those in sight whose page, where a screen guards it, they may open."""

    def names(model: type[Model], keys: Iterable[Any]) -> dict[Any, str]:
        screen: Any = site._registry.get(model)
        # Without names, all relations that are never empty are joined: those by which rows are called.
        rows = _in_sight(model, screen, reader).filter(pk__in=set(keys)).select_related()
        return {row.pk: str(row) for row in rows if _is_open(screen, reader, row)}

    return names


def _in_sight(model: type[Model], screen: Any, reader: Any) -> Any:
    """Colleagues are named to whoever sees the row that names them, also on the pages of rows; see `privacy.py`."""
    if screen is None or model is get_user_model():
        return model._default_manager.all()
    return screen.in_sight(reader)


def _is_open(screen: Any, reader: Any, row: Any) -> bool:
    opened = None if screen is None else screen.rights.open_row
    return opened is None or bool(opened(reader, row))


def names_of_actors(actors: Iterable[str]) -> dict[str, str]:
    """Who stands behind codes such as `user:7`: our people by name, all others (`client:3`, `system`) as they are."""
    codes = set(actors)
    keys = {code.removeprefix("user:") for code in codes if code.startswith("user:")}
    people = {f"user:{one.pk}": str(one) for one in get_user_model()._default_manager.filter(pk__in=keys)}
    return {code: people.get(code, code) for code in codes}
