"""Counting what a source sent, for its status page: one row an hour and kind of object, one a stage nobody mapped.

Call last in the transaction of the batch: the row of the hour stays locked until its end, so that batches side by side
wait for nothing but each other's commit.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from accounts.models import CrmSource
from accounts.sync.clocks import Clock
from accounts.sync.objects import SyncObject
from accounts.sync.parse import CLOCK_PLACE, Item

if TYPE_CHECKING:
    from accounts.sync.results import Result

_FOLDER: Final = Path(__file__).parent / "sql"
_HOUR: Final = (_FOLDER / "received_hour.sql").read_text()
_STAGES: Final = (_FOLDER / "unmapped_stages.sql").read_text()


def note_received(
    *,
    source: CrmSource,
    of: SyncObject,
    results: Iterable[Result],
    newest: Clock | None,
    stages: Mapping[str, int],
    at: dt.datetime,
) -> None:
    """Add what became of the items of one batch.

    `newest`: the greatest clock among the items that could be read, `None` without any; `stages`: stages whose outcome
    nobody told, with how many items brought each.
    """
    counts, refused = Counter[str](), Counter[str]()
    for result in results:
        counts[result.outcome] += 1
        if result.outcome == "failed" and result.errors:
            refused[result.errors[0].code] += 1
    if counts:
        _add_to_hour(source, of, counts, refused, newest, at)
    if stages:
        _note_stages(source, stages, at)


def newest_of(items: Iterable[Item]) -> Clock | None:
    """The greatest clock of checked items."""
    return max(((item.row[CLOCK_PLACE], item.row[CLOCK_PLACE + 1]) for item in items), default=None)


def _add_to_hour(
    source: CrmSource,
    of: SyncObject,
    counts: Counter[str],
    refused: Counter[str],
    newest: Clock | None,
    at: dt.datetime,
) -> None:
    values: dict[str, Any] = {
        "source": source.pk,
        "object_type": of.object_type.value,
        "at": at,
        "counts": json.dumps(counts),
        "refused": json.dumps(refused),
        "clock": None if newest is None else list(newest),
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOUR, values)


def _note_stages(source: CrmSource, stages: Mapping[str, int], at: dt.datetime) -> None:
    names, items = list(stages), list(stages.values())
    with connection.cursor() as cursor:
        cursor.execute(_STAGES, {"source": source.pk, "at": at, "stages": names, "items": items})
