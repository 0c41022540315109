"""What recording an activity and an encounter have in common: once by (source, source_ref), never in the future."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from advocacy.choices import FUTURE_TOLERANCE_MINUTES
from advocacy.errors import InTheFuture
from advocacy.models import Activity, Encounter

Row = TypeVar("Row", Activity, Encounter)


def refuse_future(occurred_at: dt.datetime, *, at: dt.datetime) -> None:
    if occurred_at > at + dt.timedelta(minutes=FUTURE_TOLERANCE_MINUTES):
        raise InTheFuture


def store(model: type[Row], source: str, source_ref: str, content: Mapping[str, Any], **first: Any) -> tuple[Row, bool]:
    """Insert the row, or bring its content up to date; the row and whether anything was written.

    `first` is set at the insert only. Of two writers at once one inserts and the other finds the row.
    """
    name = {"source": source, "source_ref": source_ref}
    row = model.objects.select_for_update(of=("self",)).filter(**name).first()
    if row is None:
        try:
            with transaction.atomic():
                return model.objects.create(**name, **content, **first), True
        except IntegrityError:
            row = model.objects.select_for_update(of=("self",)).filter(**name).first()
            if row is None:  # another rule was broken, not the name taken
                raise
    return row, _update(row, content)


def _update(row: Any, content: Mapping[str, Any]) -> bool:
    changed = [field for field, value in content.items() if getattr(row, field) != value]
    for field in changed:
        setattr(row, field, content[field])
    if changed:
        row.save(update_fields=changed)
    return bool(changed)
