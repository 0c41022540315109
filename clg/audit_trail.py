"""The audit trail as a whole: its tables, the nightly digests over them, and I8. `security` sections 9 and 13.

A digest hashes the rows of one table and one day (UTC) in the order of their keys, over the columns that the table had
then, so that a column added later does not matter. Each stands on the digest of the day before.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from django.apps import apps
from django.db import connection, models
from psycopg import sql

from clg.invariants import SAMPLE_SIZE, Depth, Finding, Invariant, register
from clg.logs import get_logger
from clg.models import AuditDigest, SecurityLog

# What a shallow look recomputes; a deep one takes every day there is.
DAYS_RECOMPUTED: Final = 7
# Long transactions of the evening have ended by then: rows carry the moment at which theirs began.
SETTLED_AFTER: Final = dt.timedelta(hours=2)
_BEGINNING: Final = b"\0" * 32
_log = get_logger("clg.audit")

_DIGEST: Final = """
SELECT count(*), sha256(coalesce(string_agg(
           sha256(convert_to(jsonb_build_array({columns})::text, 'UTF8')), ''::bytea ORDER BY {key}), ''::bytea))
  FROM {table} WHERE {moment} >= %s AND {moment} < %s
"""
_FIRST: Final = "SELECT min({moment}) FROM {table}"


@dataclass(frozen=True)
class Trail:
    """One table of the trail: by which column rows are dated and ordered, and what is hashed."""

    table: str
    key: str
    moment: str
    columns: tuple[str, ...]

    def written(self, statement: str, columns: tuple[str, ...] = ()) -> sql.Composed:
        return sql.SQL(statement).format(
            table=sql.Identifier(self.table),
            key=sql.Identifier(self.key),
            moment=sql.Identifier(self.moment),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        )


def history_models() -> list[Any]:
    """The tables that triggers write, one a tracked model."""
    return [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model") and model._meta.managed]


def trails() -> list[Trail]:
    """The security log, every history, and the contexts that name who did it."""
    histories = [_trail(model, "pgh_id", "pgh_created_at") for model in history_models()]
    # The context of a request notes when it was last used; that may move.
    context = _trail(apps.get_model("pghistory", "Context"), "id", "created_at", without="updated_at")
    return [_trail(SecurityLog, "id", "at"), context, *histories]


def _trail(model: type[models.Model], key: str, moment: str, without: str = "") -> Trail:
    columns = sorted(str(field.column) for field in model._meta.concrete_fields if field.column != without)
    return Trail(model._meta.db_table, key, moment, tuple(columns))


def write_digests(*, at: dt.datetime) -> int:
    """Digest every day that has ended and has none yet, and say how many; twice or at once changes nothing."""
    last = (at - SETTLED_AFTER).date() - dt.timedelta(days=1)
    return sum(_write_digest(trail, on) for trail in trails() for on in _open_days(trail, last))


def _open_days(trail: Trail, last: dt.date) -> Iterator[dt.date]:
    newest = AuditDigest.objects.filter(trail=trail.table).order_by("-on").first()
    on = newest.on + dt.timedelta(days=1) if newest else (_first_day(trail) or last)
    while on <= last:
        yield on
        on += dt.timedelta(days=1)


def _first_day(trail: Trail) -> dt.date | None:
    with connection.cursor() as cursor:
        cursor.execute(trail.written(_FIRST))
        first = cursor.fetchone()[0]
    return first.astimezone(dt.UTC).date() if first else None


def _write_digest(trail: Trail, on: dt.date) -> int:
    before = AuditDigest.objects.filter(trail=trail.table, on=on - dt.timedelta(days=1)).first()
    rows, digest = _digest(trail, trail.columns, on)
    chain = _linked(bytes(before.chain) if before else _BEGINNING, digest)
    row = AuditDigest(trail=trail.table, on=on, columns=list(trail.columns), rows=rows, digest=digest, chain=chain)
    AuditDigest.objects.bulk_create([row], ignore_conflicts=True)
    _log.info("audit digest", object_type=trail.table, object_id=on.isoformat(), counts=rows, code=chain.hex())
    return 1


def _digest(trail: Trail, columns: tuple[str, ...], on: dt.date) -> tuple[int, bytes]:
    begins = dt.datetime.combine(on, dt.time(), dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute(trail.written(_DIGEST, columns), [begins, begins + dt.timedelta(days=1)])
        rows, digest = cursor.fetchone()
    return rows, bytes(digest)


def _linked(chain: bytes, digest: bytes) -> bytes:
    return hashlib.sha256(chain + digest).digest()


def register_invariants() -> None:
    register(Invariant("I8", "the newest history row of each object equals the object", _newest))
    register(Invariant("I8", "every history row names an actor or a job", _named))
    register(Invariant("I8", "digests of the audit trail match, day on day", _digests))


_NEWEST: Final = """
WITH newest AS (SELECT DISTINCT ON (pgh_obj_id) * FROM {history} ORDER BY pgh_obj_id, pgh_id DESC),
judged AS (
    SELECT coalesce(o.{key}, n.pgh_obj_id)::text AS name,
           CASE WHEN o.{key} IS NULL THEN n.pgh_label <> 'delete'
                ELSE n.pgh_id IS NULL OR n.pgh_label = 'delete' OR ({mine}) IS DISTINCT FROM ({kept}) END AS is_broken
      FROM {table} o FULL JOIN newest n ON n.pgh_obj_id = o.{key}
)
SELECT count(*), count(*) FILTER (WHERE is_broken), (array_agg(name) FILTER (WHERE is_broken))[:%s] FROM judged
"""
_NAMED: Final = """
SELECT count(*), count(*) FILTER (WHERE is_broken), (array_agg(pgh_id::text) FILTER (WHERE is_broken))[:%s]
  FROM (SELECT h.pgh_id, c.metadata ?| array['actor', 'task', 'command'] IS NOT TRUE AS is_broken
          FROM {history} h LEFT JOIN pghistory_context c ON c.id = h.pgh_context_id) judged
"""


def _newest(depth: Depth) -> Finding:
    return _over([model for model in history_models() if hasattr(model, "pgh_obj")], _NEWEST)


def _named(depth: Depth) -> Finding:
    return _over(history_models(), _NAMED)


def _over(histories: list[Any], statement: str) -> Finding:
    checked, breaches, sample = 0, 0, []
    with connection.cursor() as cursor:
        for history in histories:
            cursor.execute(_about(history, statement), [SAMPLE_SIZE])
            seen, wrong, names = cursor.fetchone()
            checked, breaches = checked + seen, breaches + wrong
            sample += [f"{history.pgh_tracked_model._meta.label}:{name}" for name in names or []]
    return Finding(checked, breaches, sample[:SAMPLE_SIZE])


def _about(history: Any, statement: str) -> sql.Composed:
    tracked = history.pgh_tracked_model._meta
    names = [field.column for field in history._meta.concrete_fields if not field.column.startswith("pgh_")]
    return sql.SQL(statement).format(
        history=sql.Identifier(history._meta.db_table),
        table=sql.Identifier(tracked.db_table),
        key=sql.Identifier(tracked.pk.column),
        mine=sql.SQL(", ").join(sql.Identifier("o", name) for name in names),
        kept=sql.SQL(", ").join(sql.Identifier("n", name) for name in names),
    )


def _digests(depth: Depth) -> Finding:
    """The chain of every digest, and the digests of the last days, or of all, worked out again."""
    kept: dict[str, list[AuditDigest]] = {}
    for row in AuditDigest.objects.order_by("trail", "on"):
        kept.setdefault(row.trail, []).append(row)
    broken = [name for rows in kept.values() for name in _breaks(rows)]
    known = {trail.table: trail for trail in trails()}
    for table, rows in kept.items():
        again = rows if depth.is_deep else rows[-DAYS_RECOMPUTED:]
        broken += [str(row) for row in again if table in known and not _holds(known[table], row)]
    return Finding(sum(map(len, kept.values())), len(set(broken)), sorted(set(broken))[:SAMPLE_SIZE])


def _breaks(rows: list[AuditDigest]) -> Iterator[str]:
    """Days whose chain does not stand on the day before, or that have none before them."""
    if bytes(rows[0].chain) != _linked(_BEGINNING, bytes(rows[0].digest)):
        yield str(rows[0])
    for before, row in pairwise(rows):
        follows = row.on == before.on + dt.timedelta(days=1)
        if not follows or bytes(row.chain) != _linked(bytes(before.chain), bytes(row.digest)):
            yield str(row)


def _holds(trail: Trail, row: AuditDigest) -> bool:
    """Whether the rows of that day still hash to it; what has lost a column since cannot be worked out again."""
    columns = tuple(row.columns)
    if not set(columns) <= set(trail.columns):
        return True
    return _digest(trail, columns, row.on) == (row.rows, bytes(row.digest))
