"""Audit history by statement-level triggers: bulk updates, raw SQL and COPY are seen like any other write.

`@tracked()` on a model keeps a row of every insert, update and delete in a table beside it, append-only, with the
audit context (`clg.middleware`, task and command bases set it). Generated columns and class F7 secrets are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pghistory
from django.db import models

from clg.guards import append_only

# The library's own guard lets TRUNCATE pass.
_APPEND_ONLY: Final[dict[str, Any]] = {
    "append_only": False,
    "level": pghistory.Statement,
    "meta": {"triggers": [append_only()]},
}


def tracked(*, exclude: list[str] | None = None) -> Callable[[type[models.Model]], Any]:
    """Class decorator: history of insert, update and delete of a model, without the fields in `exclude`."""

    def decorate(model: type[models.Model]) -> Any:
        track = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            exclude=exclude,
            model_name=f"{model.__name__}History",
            obj_field=pghistory.ObjForeignKey(related_name="history"),
            **_APPEND_ONLY,
        )
        return track(model)

    return decorate


def tracked_links(*, app_label: str, model_name: str) -> Callable[[type[models.Model]], Any]:
    """Class decorator for a proxy of a table of links (groups of a user): links are made and undone, never changed."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.DeleteEvent(),
        app_label=app_label,
        model_name=model_name,
        obj_field=None,
        **_APPEND_ONLY,
    )
