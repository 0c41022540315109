"""Allocate: which share of its deal each touch earns, under every model version at once.

A pure function of stored rows, run by PostgreSQL over all deals of a chunk in a handful of statements;
`twin.py` says the same slowly in plain Python. Definition: the order of refusals, positions and weights,
and largest-remainder rounding of micro-units, basis and reporting basis, each by itself.

How a caller uses it, inside its own transaction:

    with connection.cursor() as cursor:
        create_tables(cursor)          # idempotent; the tables are temporary and empty after each commit
        load_rules(cursor, rules)      # fills alloc_version and alloc_position
        ...fill alloc_deal, alloc_touch, and alloc_stage, alloc_share where a model needs them (set-based)...
        allocate(cursor)                      # fills alloc_set and alloc_line
        ...drop sets whose fingerprint equals the head's, insert the rest...

The columns of all tables are described in `tables.sql`. In short: `alloc_deal` has one row per deal *as its
fact stands* (the allocator itself reads it as at `as_of`), with `restart_at` and the exchange rate resolved
by the caller; `alloc_touch` has every current touch, void ones included. `case_id` is the opportunity's id
in a live chunk.

The answer has one `alloc_set` row per (version, case). Rows of state `closed` are there for every deal out
of scope: write them only where the head exists and is not closed with the same fingerprint. `fingerprint`
hashes model version, resolved inputs without `as_of`, and lines; of a `closed` row only model and reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from advocacy.attribution.rules import Rule
from clg import money
from clg.session_tables import make


class Cursor(Protocol):
    """What is used of a database cursor."""

    def execute(self, sql: str, params: Sequence[Any] | None = None) -> Any: ...

    def fetchone(self) -> Any: ...

    def executemany(self, sql: str, params: Sequence[Sequence[Any]]) -> Any: ...


def create_tables(cursor: Cursor) -> None:
    """Make the temporary tables of `tables.sql` where the session does not have them yet."""
    make(cursor, "alloc_weight", _sql("tables.sql"))


def empty_tables(cursor: Cursor) -> None:
    """Forget all input and answers; only needed for a second allocation in one transaction."""
    cursor.execute(EMPTY_TABLES)


EMPTY_TABLES = """
    TRUNCATE alloc_version, alloc_position, alloc_scale, alloc_deal, alloc_touch, alloc_stage, alloc_share,
             alloc_case, alloc_scope, alloc_judged, alloc_path, alloc_holder, alloc_milestones, alloc_age,
             alloc_fallback, alloc_weight, alloc_set, alloc_line
"""


def load_rules(cursor: Cursor, rules: Iterable[Rule]) -> None:
    """Fill alloc_version, alloc_position and alloc_scale."""
    rules = sorted(rules, key=lambda rule: rule.version_id)
    profiles: dict[tuple[object, ...], int] = {}
    for rule in rules:
        profiles.setdefault(rule.profile, rule.version_id)
    cursor.executemany(INSERT_VERSION, [_version_row(rule, profiles[rule.profile]) for rule in rules])
    cursor.executemany(INSERT_POSITION, [row for rule in rules for row in _position_rows(rule)])
    cursor.executemany(INSERT_SCALE, _scale_rows())


INSERT_VERSION = """
    INSERT INTO alloc_version
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
INSERT_POSITION = "INSERT INTO alloc_position VALUES (%s, %s, %s, %s)"
INSERT_SCALE = "INSERT INTO alloc_scale VALUES (%s, %s)"


def _version_row(rule: Rule, profile_id: int) -> tuple[Any, ...]:
    """In the order of the columns of alloc_version."""
    return (
        rule.version_id,
        rule.model_id,
        profile_id,
        rule.is_retired,
        rule.is_sourced,
        rule.family,
        rule.anchor,
        rule.window_hours,
        rule.dedupe,
        list(rule.rungs),
        list(rule.sides),
        list(rule.opportunity_kinds),
        None if rule.activity_kinds is None else list(rule.activity_kinds),
        rule.use_hint,
        bool(rule.milestones),
        rule.middle,
        rule.weights.get("first", 0),
        rule.weights.get("last", 0),
        rule.bits.get("first", 0),
        rule.bits.get("last", 0),
        sum(rule.bits.values()),
        list(rule.excluded),
        rule.half_life_hours,
    )


def _position_rows(rule: Rule) -> list[tuple[int, str, int, int]]:
    return [(rule.version_id, name, rule.weights[name], bit) for name, bit in rule.bits.items()]


def _scale_rows() -> list[tuple[str, int]]:
    others = money.ZERO_DIGIT | money.THREE_DIGIT | money.FOUR_DIGIT
    return [(currency, 10 ** money.digits(currency)) for currency in sorted(others)]


def allocate(cursor: Cursor) -> None:
    """Divide every deal in alloc_deal by every version in alloc_version, into alloc_set and alloc_line."""
    for step in STEPS:
        cursor.execute(_sql(step))


STEPS = ("judge.sql", "weigh.sql", "round.sql", "headers.sql")


def round_weights(cursor: Cursor) -> None:
    """Only the rounding: alloc_weight and the bases in alloc_case into alloc_line."""
    cursor.execute(_sql("round.sql"))


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / name).read_text()
