"""What the merge engine answers of an item."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from accounts.sync.parse import Failure, Item
from clg.errors import FieldError

# Verdicts on items of names that were merged away: older than the merge, or newer, so that they go to the winner.
REDIRECTED: Final = "redirected"
PASSED_ON: Final = "passed_on"
SUPPRESSED: Final = "suppressed"

REFUSED: Final = FieldError("refused_by_database", "The database refused this item; its values contradict a rule.")


@dataclass(slots=True)
class Result:
    """What became of one item. `public_id` and `version` are those of the row, `None` where there is none.

    Of a redirected item they are the winner's, whose name is `merged_into`; `applied` says whether the item was newer
    than the merge, so that the winner's clocks decided, or whether it merged the row.
    """

    line: int
    external_id: str
    outcome: str
    trace_id: str = ""
    public_id: uuid.UUID | None = None
    version: int | None = None
    complete: bool | None = None
    applied_fields: Sequence[str] = ()
    stale_fields: Sequence[str] = ()
    ignored_fields: Sequence[str] = ()
    errors: Sequence[FieldError] = field(default_factory=tuple)
    merged_into: str = ""
    applied: bool | None = None


def failed(failure: Failure) -> Result:
    return Result(failure.line, failure.external_id, "failed", failure.trace_id, errors=failure.errors)


def failed_item(item: Item, problem: FieldError) -> Result:
    return Result(item.line, item.external_id, "failed", item.trace_id, errors=[problem])
