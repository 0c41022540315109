"""Audit history by statement-level triggers: bulk updates, raw SQL and COPY are seen like any other write.

`@tracked()` on a model keeps a row of every insert, update and delete in a table beside it, append-only, with the
audit context (`clg.middleware`, task and command bases set it). Generated columns and class F7 secrets are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pghistory
from django.db import models


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
            level=pghistory.Statement,
        )
        return track(model)

    return decorate
