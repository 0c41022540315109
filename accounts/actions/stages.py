"""Telling a source's stages apart: which outcome each means."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from accounts.choices import Outcome
from accounts.models import CrmSource
from clg.errors import InvalidInput
from clg.security_log import log_security

_OUTCOMES: Final = (Path(__file__).parent / "stage_outcomes.sql").read_text()


@transaction.atomic
def map_stages(*, source: CrmSource, outcomes: Mapping[str, str], by: str) -> int:
    """Add stages with their outcomes to the source's stage map; how many deals that stood open there moved.

    Deals that the source names and that are open at such a stage take its outcome at once: sent again with the same
    clock, they would change nothing. Raises `InvalidInput` for an unknown outcome, or when there is nothing to map.
    """
    if not outcomes or not set(outcomes.values()) <= set(Outcome.values):
        raise InvalidInput("Choose an outcome for at least one stage.", code="invalid_choice")
    locked = CrmSource.objects.select_for_update().get(pk=source.pk)
    added = {stage: {**locked.stage_map.get(stage, {}), "outcome": outcome} for stage, outcome in outcomes.items()}
    locked.stage_map = {**locked.stage_map, **added}
    locked.save(update_fields=["stage_map"])
    _log(by, locked, stages=len(added))
    return _move_deals(locked, outcomes, by)


def _log(by: str, source: CrmSource, **data: object) -> None:
    log_security("source.stages_mapped", actor=by, object_type="source", object_id=source.name_outside, data=data)


def _move_deals(source: CrmSource, outcomes: Mapping[str, str], by: str) -> int:
    values: dict[str, Any] = {
        "source": source.pk,
        "stages": list(outcomes),
        "outcomes": list(outcomes.values()),
        "by": by,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, values)
        return cursor.rowcount
