"""The two allocators behind one call, for comparing them: `python` is the twin, `sql` the real one.

An engine takes (rule, case) pairs and answers one `Allocation` for each, in the same order.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from advocacy.attribution import twin
from advocacy.attribution.allocate import (
    Cursor,
    allocate,
    create_tables,
    empty_tables,
    load_rules,
    round_weights,
)
from advocacy.attribution.rules import Rule
from advocacy.attribution.twin import Allocation, Case, Line

Pairs = Sequence[tuple[Rule, Case]]


def allocate_in_python(pairs: Pairs) -> list[Allocation]:
    return [twin.allocate(rule, case) for rule, case in pairs]


def allocate_in_sql(pairs: Pairs) -> list[Allocation]:
    """All pairs in one pass over the temporary tables; nothing is left behind."""
    with transaction.atomic(), connection.cursor() as cursor:
        create_tables(cursor)
        empty_tables(cursor)
        versions = _versions(pairs)
        load_rules(cursor, versions.values())
        load_cases(cursor, [(versions[_key(rule)].version_id, case) for rule, case in pairs])
        allocate(cursor)
        found = _read(cursor)
        empty_tables(cursor)
    return [found[number] for number in range(1, len(pairs) + 1)]


def _versions(pairs: Pairs) -> dict[str, Rule]:
    """Each different rule once, numbered from 1 as version and model."""
    different = {_key(rule): rule for rule, _ in pairs}
    return {
        key: replace(rule, version_id=number, model_id=number)
        for number, (key, rule) in enumerate(different.items(), start=1)
    }


def _key(rule: Rule) -> str:
    return repr(rule)


def load_cases(cursor: Cursor, cases: Sequence[tuple[int, Case]]) -> None:
    """Fill the input tables; each case, numbered from 1, is for the version beside it alone."""
    deals = [_deal_row(n, version_id, case) for n, (version_id, case) in enumerate(cases, start=1)]
    cursor.executemany(_insert("alloc_deal", 21), deals)
    numbered = [(n, case) for n, (_, case) in enumerate(cases, start=1)]
    touches = [_touch_row(n, touch) for n, case in numbered for touch in case.touches]
    cursor.executemany(_insert("alloc_touch", 12), touches)
    stages = [(n, code, at) for n, case in numbered for code, at in case.stages.items()]
    cursor.executemany(_insert("alloc_stage", 3), stages)
    shares = [(n, champion, bp) for n, case in numbered for champion, bp in case.report_shares_bp.items()]
    cursor.executemany(_insert("alloc_share", 3), shares)


def _insert(table: str, columns: int) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join(['%s'] * columns)})"


def _deal_row(number: int, version_id: int, case: Case) -> tuple[Any, ...]:
    """In the order of the columns of alloc_deal."""
    return (
        number,
        version_id,
        number,
        None,
        case.as_of,
        case.kind,
        case.amount,
        case.currency,
        case.opened_at,
        case.opened_is_estimated,
        case.lead_at,
        case.closed_at,
        case.closed_is_estimated,
        case.outcome,
        case.is_deleted,
        case.restart_at,
        case.report_degree_bp,
        case.reporting_currency,
        None,
        case.rate,
        case.rate_on,
    )


def _touch_row(number: int, touch: twin.Touch) -> tuple[Any, ...]:
    """In the order of the columns of alloc_touch."""
    return (
        number,
        touch.touch_id,
        touch.encounter_id,
        touch.activity_id,
        touch.activity_kind,
        touch.champion_id,
        touch.occurred_at,
        touch.role,
        touch.rung,
        touch.side,
        touch.hint_milli,
        touch.void_reason,
    )


def _read(cursor: Any) -> dict[int, Allocation]:
    lines: dict[int, list[Line]] = defaultdict(list)
    cursor.execute(SELECT_LINES)
    for case_id, line_no, touch_id, reason, held, raw, micros, amount, reporting in cursor.fetchall():
        line = Line(line_no, touch_id, reason, held, int(raw), micros, amount, reporting)
        lines[case_id].append(line)
    cursor.execute(SELECT_SETS)
    return {case_id: _allocation(values, lines[case_id]) for case_id, *values in cursor.fetchall()}


SELECT_LINES = """
    SELECT case_id, line_no, touch_id, unattributed_reason, held, raw, credit_micros, amount_minor,
           reporting_minor
    FROM alloc_line
    ORDER BY case_id, line_no
"""
SELECT_SETS = """
    SELECT case_id, state, closed_reason, anchor_at, milestones::text, path, rejected, rejected_codes, outcome,
           basis_minor, reporting_minor, fx_rate, fx_on, raw_total, flags
    FROM alloc_set
"""


def _allocation(values: Sequence[Any], lines: Sequence[Line]) -> Allocation:
    state, closed_reason, anchor_at, milestones, path, rejected, codes, outcome, *rest = values
    basis_minor, reporting_minor, fx_rate, fx_on, raw_total, flags = rest
    return Allocation(
        state=state,
        closed_reason=closed_reason,
        anchor_at=anchor_at,
        milestones=_moments(milestones),
        path=tuple(path),
        rejected=tuple(zip(rejected, codes, strict=True)),
        outcome=outcome,
        basis_minor=basis_minor,
        reporting_minor=reporting_minor,
        fx_rate=fx_rate,
        fx_on=fx_on,
        raw_total=int(raw_total),
        flags=tuple(flags),
        lines=tuple(lines),
    )


def _moments(milestones: str | None) -> dict[str, datetime] | None:
    if milestones is None:
        return None
    return {name: datetime.fromisoformat(at) for name, at in json.loads(milestones).items()}


def split_in_python(total: int, weights: Sequence[int]) -> list[int]:
    return twin.split(total, weights)


def split_in_sql(total: int, weights: Sequence[int]) -> list[int]:
    """The rounding step alone, over weights given from outside."""
    with transaction.atomic(), connection.cursor() as cursor:
        create_tables(cursor)
        empty_tables(cursor)
        cursor.execute(INSERT_BASIS, [total])
        is_big = sum(weights) > BIG_WEIGHTS
        rows = [
            (place, place, 0 if is_big else weight, weight if is_big else None)
            for place, weight in enumerate(weights, start=1)
            if weight
        ]
        cursor.executemany(INSERT_WEIGHT, rows)
        round_weights(cursor)
        cursor.execute("SELECT touch_id, amount_minor FROM alloc_line")
        parts = dict(cursor.fetchall())
        empty_tables(cursor)
    return [parts.get(place, 0) for place in range(1, len(weights) + 1)]


INSERT_BASIS = """
    INSERT INTO alloc_case (case_id, opportunity_id, as_of, kind, opened_at, outcome, is_deleted, has_report,
                            basis_minor, currency, reporting_currency, flags, inputs)
    VALUES (1, 1, now(), '', now(), 'open', false, false, %s, '', '', '{}', '')
"""
INSERT_WEIGHT = """
    INSERT INTO alloc_weight (version_id, case_id, place, touch_id, held, raw, raw_big)
    VALUES (1, 1, %s, %s, 0, %s, %s)
"""
BIG_WEIGHTS: Final = 10**12  # from here on as the families with numeric weights do it

ALLOCATORS: Final[dict[str, Callable[[Pairs], list[Allocation]]]] = {
    "python": allocate_in_python,
    "sql": allocate_in_sql,
}
SPLITTERS: Final[dict[str, Callable[[int, Sequence[int]], list[int]]]] = {
    "python": split_in_python,
    "sql": split_in_sql,
}
