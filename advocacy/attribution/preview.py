"""Preview: how rules would divide a few deals as they stand now. The statements of a run, and nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts.models import OpportunityStage
from advocacy.attribution import allocate, dirty
from advocacy.attribution.chunk import EMPTY_BY_ROW, fill
from advocacy.attribution.rules import Rule


@dataclass(frozen=True)
class Part:
    """One line: a touch, or why there is none, with its millionths and amount in minor units of the deal's currency."""

    touch_id: int | None
    unattributed_reason: str
    micros: int
    amount_minor: int


@dataclass(frozen=True)
class Division:
    """One deal under one rule. `closed_reason` says why the rule does not cover it; then it has no parts."""

    closed_reason: str
    basis_minor: int
    currency: str
    parts: tuple[Part, ...]


def divide(
    rules: Sequence[Rule], opportunity_ids: Sequence[int], *, at: dt.datetime
) -> dict[tuple[int, int], Division]:
    """(version id of the rule, deal) -> its division. Rules that are not stored are told apart by ids of their own."""
    with transaction.atomic(), connection.cursor() as cursor:
        dirty.create_tables(cursor)
        allocate.create_tables(cursor)
        cursor.execute(EMPTY_BY_ROW)
        cursor.execute(NAME_DEALS, [sorted(opportunity_ids)])
        fill(cursor, rules, as_of=at)
        allocate.allocate(cursor)
        parts = _parts(cursor)
        cursor.execute(SETS)
        sets = cursor.fetchall()
        # The caller may go on in this transaction, and a run inside it would find these rows.
        cursor.execute(EMPTY_BY_ROW)
        cursor.execute("DELETE FROM chunk_deal")
    return {
        (version, deal): Division(reason, basis, currency, tuple(parts.get((version, deal), ())))
        for version, deal, reason, basis, currency in sets
    }


NAME_DEALS = "INSERT INTO chunk_deal SELECT unnest(%s::bigint[]), 'model'"
SETS = "SELECT version_id, case_id, closed_reason, basis_minor, currency FROM alloc_set"
LINES = """
    SELECT version_id, case_id, touch_id, unattributed_reason, credit_micros, amount_minor
    FROM alloc_line ORDER BY version_id, case_id, line_no
"""


def _parts(cursor: Any) -> dict[tuple[int, int], list[Part]]:
    cursor.execute(LINES)
    parts: dict[tuple[int, int], list[Part]] = {}
    for version, deal, *line in cursor.fetchall():
        parts.setdefault((version, deal), []).append(Part(*line))
    return parts


def stages_never_seen(rule: Rule) -> list[str]:
    """Codes of stages that the rule names and no deal ever entered: it is stored all the same (`stage_never_seen`)."""
    seen = OpportunityStage.objects.filter(stage__in=rule.stages).values_list("stage", flat=True).distinct()
    return sorted(rule.stages - set(seen))
