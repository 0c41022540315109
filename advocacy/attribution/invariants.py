"""I1 to I3: the credit ledger adds up, is the fold of its generations, and equals its own recomputation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import connection

from advocacy.attribution import allocate
from advocacy.attribution.rules import rule_of
from advocacy.models import AttributionModelVersion
from clg import money
from clg.invariants import SAMPLE_SIZE, Depth, Finding, Invariant, look_by_sql, register

SAMPLED_HEADS: Final = 1_000
SETS_A_ROUND: Final = 20_000


def register_invariants() -> None:
    register(Invariant("I1", "credit shares of every set sum to 1,000,000", _shares))
    register(Invariant("I2", "credited money sums to the basis, which is the deal's amount", _money))
    register(Invariant("I3", "heads are the fold of generations and equal their recomputation", _fold))
    waiting = look_by_sql(_part("invariant_waiting.sql"))
    register(Invariant("I7", "no mark and no range of a run waits longer than 5 minutes", waiting))


def _shares(depth: Depth) -> Finding:
    return _found(_rows(_part("invariant_shares.sql")))


def _money(depth: Depth) -> Finding:
    others = sorted(money.ZERO_DIGIT | money.THREE_DIGIT | money.FOUR_DIGIT)
    scales = {"currencies": others, "scales": [10 ** money.digits(currency) for currency in others]}
    return _found(_rows(_part("invariant_money.sql"), scales))


def _fold(depth: Depth) -> Finding:
    """Generations and heads, totals of runs, and lines worked out again."""
    broken = {name for (name,) in _rows(_part("invariant_fold.sql"))}
    broken |= {name for (name,) in _rows(_part("invariant_totals.sql"))}
    checked = 0
    for version, sets in _rounds(depth):
        checked += len(sets)
        broken |= _recomputed_otherwise(version, sets)
    return Finding(checked, len(broken), sorted(broken)[:SAMPLE_SIZE])


def _rounds(depth: Depth) -> Iterator[tuple[int, list[int]]]:
    """Version and sets that hold now, all or a sample, in rounds that fit into temporary tables."""
    limit = None if depth.is_deep else SAMPLED_HEADS
    for version, held in _rows(HELD_SETS, {"seed": depth.seed, "limit": limit}):
        for start in range(0, len(held), SETS_A_ROUND):
            yield version, held[start : start + SETS_A_ROUND]


HELD_SETS = """
    SELECT model_version_id, array_agg(id) FROM (
        SELECT s.id, s.model_version_id
        FROM advocacy_credithead h JOIN advocacy_creditset s ON s.id = h.credit_set_id
        WHERE s.state = 'lines'
        ORDER BY md5(concat(%(seed)s::text, ':', h.id)) LIMIT %(limit)s
    ) held
    GROUP BY model_version_id ORDER BY model_version_id
"""


def _recomputed_otherwise(version: int, sets: list[int]) -> set[str]:
    """Those of these sets whose stored inputs give other lines."""
    rule = rule_of(AttributionModelVersion.objects.select_related("model").get(pk=version))
    with connection.cursor() as cursor:
        allocate.create_tables(cursor)
        allocate.empty_tables(cursor)
        allocate.load_rules(cursor, [replace(rule, is_retired=False)])
        cursor.execute(_part("invariant_inputs.sql"), {"sets": sets})
        allocate.allocate(cursor)
        cursor.execute(_part("invariant_lines.sql"), {"sets": sets})
        return {str(name) for (name,) in cursor.fetchall()}


def _found(rows: list[tuple[Any, ...]]) -> Finding:
    """From one row of (checked, breaches, sample)."""
    checked, breaches, sample = rows[0]
    return Finding(checked, breaches, sample or [])


def _rows(statement: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text()
