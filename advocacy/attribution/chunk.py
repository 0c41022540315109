"""One chunk of a run: claim, match, allocate, write what differs, in one transaction that sees one moment.

Safe to kill anywhere: marks vanish only with the commit of their credit. Safe to repeat: nothing is written for a
set whose fingerprint equals the head's. Fenced: a chunk of a worker whose run was taken over writes nothing.
A conflict with another writer ends the transaction and the chunk is tried again, at most three times.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from psycopg import errors

from advocacy.attribution import allocate, dirty, match
from advocacy.attribution.rules import Rule, rule_of
from advocacy.attribution.totals import Deltas
from advocacy.choices import RATE_MAX_AGE_DAYS, RunKind, RunStatus
from advocacy.models import AttributionModelVersion, AttributionRun, AttributionRunRange
from clg.events.origin import Origin
from clg.failpoints import failpoint, register
from clg.snapshot import one_snapshot

register("claimed", "matched", "allocated", "lines_written", "headers_written", "heads_moved")
register("before_commit", "after_commit")

MARKS_A_CHUNK: Final = 2_000
ROWS_A_CHUNK: Final = 5_000
TRIES: Final = 4
# A worker stopped inside its chunk loses its session, and with it the lock, after this time.
STOPPED_AFTER: Final = "60s"
# Somebody else was faster: concurrent change, deadlock, the same touch or set written twice.
RIVALRY: Final = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
T = TypeVar("T")


@dataclass(frozen=True)
class Hold:
    """The right to work on one range of a run, as long as the run's attempt stays."""

    run_id: int
    range_number: int
    attempt: int
    origin: Origin


@dataclass(frozen=True)
class Work:
    """What one chunk did. `is_last` when the range has nothing left; `is_lost` when it belongs to another worker."""

    deals: int = 0
    sets: int = 0
    lines: int = 0
    is_last: bool = False
    is_lost: bool = False


LOST: Final = Work(is_last=True, is_lost=True)


def run_chunk(hold: Hold) -> Work:
    """Do the next chunk of the range; commits."""
    work = tried_again(lambda: _chunk(hold))
    failpoint("after_commit")
    return work


def tried_again(act: Callable[[], T]) -> T:
    """Do an act that is one transaction, again when a rival writer was in the way."""
    for _ in range(TRIES - 1):
        try:
            return act()
        except DatabaseError as error:
            if connection.in_atomic_block or not isinstance(error.__cause__, RIVALRY):
                raise
    return act()


# A tenth of the usual sample is enough to tell one row from a thousand; nothing here is worth compiling.
SETTINGS: Final = f"""
    SET LOCAL idle_in_transaction_session_timeout = '{STOPPED_AFTER}';
    SET LOCAL default_statistics_target = 10;
    SET LOCAL jit = off
"""


def _chunk(hold: Hold) -> Work:
    is_inner = connection.in_atomic_block
    with one_snapshot(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        run = _held_run(cursor, hold)
        if run is None:
            return LOST
        progress = AttributionRunRange.objects.get(run=run, number=hold.range_number)
        for module in (dirty, match, allocate):
            module.create_tables(cursor)
        if is_inner:
            cursor.execute(EMPTY_BY_ROW)  # no commit has emptied them
        chosen, limit = _choose(cursor, run, progress)
        if not chosen:
            return _note_progress(progress, Work(is_last=True))
        failpoint("claimed")
        _match(cursor, run, progress)
        failpoint("matched")
        if progress.is_matching:
            work = _note_progress(progress, Work(is_last=chosen < limit))
            failpoint("before_commit")
            return work
        fill(cursor, rules_of(run.model_versions), as_of=run.as_of)
        allocate.allocate(cursor)
        failpoint("allocated")
        work = _note_progress(progress, replace(_write(cursor, run, progress, hold.origin), is_last=chosen < limit))
        failpoint("before_commit")
        return work


# Inside somebody's transaction the tables are small and TRUNCATE would make sixteen new files each time.
EMPTY_BY_ROW: Final = "; ".join(f"DELETE FROM {table}" for table in re.findall(r"alloc_\w+", allocate.EMPTY_TABLES))


def _held_run(cursor: Any, hold: Hold) -> AttributionRun | None:
    """The run, kept as it is until the end of this transaction, or None when it is not ours to work on."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_key(0, hold.range_number)])
    if not cursor.fetchone()[0]:
        return None
    held: list[AttributionRun] = list(AttributionRun.objects.raw(HELD, [hold.run_id, RunStatus.RUNNING, hold.attempt]))
    return held[0] if held else None


HELD = "SELECT * FROM advocacy_attributionrun WHERE id = %s AND status = %s AND attempt = %s FOR SHARE"


def lock_key(branch_id: int, range_number: int) -> int:
    """Advisory lock of one range of a branch: 'attr' in the high bytes, away from other locks of the database."""
    return (0x61747472 << 32) | (branch_id % (1 << 24) << 8) | range_number


def _choose(cursor: Any, run: AttributionRun, progress: AttributionRunRange) -> tuple[int, int]:
    """Claim marks, or the next encounters or deals of the range: how many, and the limit. Fewer are the last."""
    if run.kind == RunKind.CHANGES:
        return dirty.claim(cursor, MARKS_A_CHUNK), MARKS_A_CHUNK
    keys = {"since": progress.cursor, "until": progress.to_deal, "kind": run.kind, "limit": ROWS_A_CHUNK}
    cursor.execute(NEXT_ENCOUNTERS if progress.is_matching else NEXT_DEALS, keys)
    cursor.execute(LAST_ENCOUNTER if progress.is_matching else LAST_DEAL)
    found, last = cursor.fetchone()
    progress.cursor = last or progress.to_deal
    return int(found), ROWS_A_CHUNK


NEXT_ENCOUNTERS = """
    INSERT INTO match_encounter
    SELECT id FROM advocacy_encounter WHERE id > %(since)s AND id <= %(until)s ORDER BY id LIMIT %(limit)s
"""
NEXT_DEALS = """
    INSERT INTO chunk_deal
    SELECT id, %(kind)s FROM accounts_opportunity WHERE id > %(since)s AND id <= %(until)s ORDER BY id LIMIT %(limit)s
"""
LAST_ENCOUNTER = "SELECT count(*), max(encounter_id) FROM match_encounter"
LAST_DEAL = "SELECT count(*), max(opportunity_id) FROM chunk_deal"


def _match(cursor: Any, run: AttributionRun, progress: AttributionRunRange) -> None:
    """Match what the marks reach, or the encounters of the range. Its deals come after it, so need no marks."""
    if run.kind == RunKind.CHANGES:
        dirty.spread_marks(cursor)
        dirty.spread_roads(cursor)
        match.match(cursor)
        dirty.gather_deals(cursor)
    elif progress.is_matching:
        match.match(cursor)


def rules_of(version_ids: Sequence[int]) -> list[Rule]:
    """Model versions as rules; those of a retired model close every deal."""
    versions = AttributionModelVersion.objects.filter(pk__in=version_ids).select_related("model")
    return [rule_of(version) for version in versions]


def fill(cursor: Any, rules: Sequence[Rule], *, as_of: dt.datetime) -> None:
    """Give the allocator the versions and the deals of `chunk_deal` with their touches."""
    allocate.load_rules(cursor, rules)
    parameters = {
        "as_of": as_of,
        "currency": settings.CLG_CURRENCY,
        "rate_days": RATE_MAX_AGE_DAYS,
        "stages": sorted({stage for rule in rules for stage in rule.stages}),
    }
    cursor.execute(_sql("fill.sql"), parameters)


def _write(cursor: Any, run: AttributionRun, progress: AttributionRunRange, origin: Origin) -> Work:
    """Lines, headers, heads, events, and the range's counts and deltas."""
    parts = _parts("write.sql")
    parameters = {
        "run": run.pk,
        "origin_kind": origin.kind,
        "origin_source": origin.source,
        "origin_actor": origin.actor,
        "trace_id": origin.trace_id,
    }
    cursor.execute(parts["choose"])
    cursor.execute(parts["lines"])
    lines = cursor.rowcount
    failpoint("lines_written")
    cursor.execute(parts["headers"], parameters)
    sets = cursor.rowcount
    failpoint("headers_written")
    cursor.execute(parts["heads"])
    failpoint("heads_moved")
    if not run.is_mass:
        cursor.execute(parts["events"], parameters)
    deltas = Deltas.from_json(progress.totals)
    deltas.add_totals(_rows(cursor, parts["totals"]))
    deltas.add_refusals(_rows(cursor, parts["refusals"]))
    progress.totals = deltas.as_json()
    return Work(deals=_count_deals(cursor), sets=sets, lines=lines)


def _rows(cursor: Any, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    return list(cursor.fetchall())


def _count_deals(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM chunk_deal")
    return int(cursor.fetchone()[0])


def _note_progress(progress: AttributionRunRange, work: Work) -> Work:
    progress.deals_done += work.deals
    progress.sets_written += work.sets
    progress.lines_written += work.lines
    progress.is_done = work.is_last
    progress.heartbeat_at = Now()  # the database's clock: heartbeats of all machines are compared by it
    progress.save(
        update_fields=["cursor", "deals_done", "sets_written", "lines_written", "totals", "is_done", "heartbeat_at"]
    )
    return work


def database_clock() -> dt.datetime:
    """As `Now`, for comparing by it here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
        return moment


@cache
def _parts(name: str) -> dict[str, str]:
    """The statements of a file by the name in brackets before each."""
    pieces = re.split(r"^-- \[(\w+)\]", _sql(name), flags=re.MULTILINE)
    return {key: f"--{body}" for key, body in zip(pieces[1::2], pieces[2::2], strict=True)}


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / name).read_text()
