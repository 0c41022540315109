"""The life of a run: queued, claimed by one worker, worked range by range, finished or failed; taken over when stalled.

One run at a time on the live branch, in the order of their ids, so that the state at a run is the highest generation
with a run id up to it. A worker owns a run by its *attempt*: whoever takes over raises it, and chunks of the former
owner write nothing any more.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from advocacy.attribution import dirty
from advocacy.attribution.chunk import Hold, Work, database_clock, lock_key, run_chunk, tried_again
from advocacy.attribution.totals import FIGURES, Deltas
from advocacy.choices import MASS_HEADS, RunKind, RunStatus
from advocacy.models import AttributionModel, AttributionRun, AttributionRunRange
from clg.events.origin import current_origin
from clg.events.outbox import emit
from clg.failpoints import failpoint, register

register("run_finished")

STALLED_AFTER: Final = dt.timedelta(seconds=15)
LAST_DEAL: Final = 2**63 - 1
MAX_RANGES: Final = 64  # each twice: matching and allocating, below the number of the door
# Range number of the lock under which runs are opened and claimed.
DOOR: Final = 255
LIVE: Final = 0
UNFINISHED: Final = (RunStatus.QUEUED, RunStatus.RUNNING)
FINISHED: Final = (RunStatus.COMPLETED, RunStatus.FAILED)
Progress = Callable[[Work], None]


def unfinished() -> AttributionRun | None:
    """The run to work on next: the oldest that is running or queued."""
    return _unfinished().first()


def open_run(*, kind: str, models: Iterable[AttributionModel] = (), requested_by: str, at: dt.datetime) -> Any:
    """A queued run of this kind, an equal one that waits already, or None for a changes run without work."""
    with transaction.atomic():
        _lock_door()
        versions = sorted(model.current_version_id for model in models if model.current_version_id)
        for run in _unfinished().filter(kind=kind):
            if kind == RunKind.CHANGES or run.status == RunStatus.QUEUED and run.model_versions == versions:
                return run
        as_of = _not_before_last(at)
        if kind == RunKind.CHANGES and not _is_due(as_of):
            return None
        return AttributionRun.objects.create(kind=kind, as_of=as_of, model_versions=versions, requested_by=requested_by)


def _unfinished() -> QuerySet[AttributionRun]:
    """Oldest first, by advocacy_run_unfinished."""
    return _live().filter(status__in=UNFINISHED).order_by("id")


def _live() -> QuerySet[AttributionRun]:
    return AttributionRun.objects.filter(branch_id=LIVE)


def _lock_door() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(LIVE, DOOR)])


def _not_before_last(at: dt.datetime) -> dt.datetime:
    """`at`, or the last completed run's as_of when a clock was set back since: so they never fall from run to run."""
    last = _last_as_of(_live())
    return at if last is None else max(at, last)


def _last_as_of(runs: QuerySet[AttributionRun]) -> dt.datetime | None:
    """By advocacy_attributionrun_list."""
    return runs.filter(status=RunStatus.COMPLETED).order_by("-id").values_list("as_of", flat=True).first()


def _is_due(as_of: dt.datetime) -> bool:
    """Whether marks wait, after marking what the clock alone has moved since the last run over all models."""
    last = _last_as_of(_live().filter(kind__in=[RunKind.CHANGES, RunKind.FULL]))
    if last is not None and last < as_of:
        dirty.mark_clock(last, as_of)
    return dirty.is_waiting()


def claim(run_id: int, at: dt.datetime) -> int | None:
    """Start a queued run when nothing older is unfinished; the attempt that owns it, or None."""
    with transaction.atomic():
        _lock_door()
        run = unfinished()
        if run is None or run.pk != run_id or run.status != RunStatus.QUEUED:
            return None
        run.as_of = max(run.as_of, _not_before_last(run.as_of if run.kind == RunKind.CHANGES else at))
        run.model_versions = _versions(run)
        run.status = RunStatus.RUNNING
        run.started_at = at
        run.input_watermark = _watermark()
        run.deals_total = _cut(run)
        run.save(update_fields=["as_of", "model_versions", "status", "started_at", "input_watermark", "deals_total"])
        return run.attempt


def _versions(run: AttributionRun) -> list[int]:
    """Current versions: of the models a model run is about, else of all active ones."""
    models = AttributionModel.objects.filter(current_version__isnull=False)
    if run.kind == RunKind.MODEL:
        models = models.filter(versions__in=run.model_versions).distinct()
    else:
        models = models.filter(is_active=True)
    return sorted(models.values_list("current_version_id", flat=True))


def _watermark() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(WATERMARK)
        found: dict[str, Any] = dict(
            zip(("snapshot", "facts", "touches", "encounters", "stages", "rates"), cursor.fetchone(), strict=True)
        )
    return found


WATERMARK = """
    SELECT pg_current_snapshot()::text, (SELECT max(id) FROM advocacy_opportunityfact),
           (SELECT max(id) FROM advocacy_touch), (SELECT max(id) FROM advocacy_encounter),
           (SELECT max(id) FROM accounts_opportunitystage), (SELECT max(id) FROM accounts_exchangerate)
"""


def _cut(run: AttributionRun) -> int:
    """Write the ranges of a run; how many deals (for a changes run: marks) there are to do."""
    if run.kind == RunKind.CHANGES:
        AttributionRunRange.objects.create(run=run, number=0, to_deal=LAST_DEAL, heartbeat_at=Now())
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM advocacy_attributiondirty")
            return int(cursor.fetchone()[0])
    deals = _even_parts(CUT_DEALS)
    encounters = _even_parts(CUT_ENCOUNTERS) if run.kind == RunKind.FULL else []
    parts = [(True, *part) for part in encounters] + [(False, *part) for part in deals]
    AttributionRunRange.objects.bulk_create(
        AttributionRunRange(
            run=run, number=n, is_matching=is_matching, from_deal=start, cursor=start, to_deal=last, heartbeat_at=Now()
        )
        for n, (is_matching, start, last, _) in enumerate(parts)
    )
    return sum(count for *_, count in deals)


def _even_parts(statement: str) -> list[tuple[int, int, int]]:
    """As many parts as there are cores: key before the first, last key, rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [min(os.cpu_count() or 1, MAX_RANGES)])
        ends = cursor.fetchall()
    starts = [0, *(last for last, _ in ends)][: len(ends)]
    return [(start, last, count) for start, (last, count) in zip(starts, ends, strict=True)]


CUT_DEALS = """
    SELECT max(id), count(*) FROM (SELECT id, ntile(%s) OVER (ORDER BY id) AS part FROM accounts_opportunity) cut
    GROUP BY part ORDER BY part
"""
CUT_ENCOUNTERS = """
    SELECT max(id), count(*) FROM (SELECT id, ntile(%s) OVER (ORDER BY id) AS part FROM advocacy_encounter) cut
    GROUP BY part ORDER BY part
"""


def take_over(run_id: int) -> int | None:
    """Own a running run whose worker is silent and holds no lock; the new attempt, or None."""
    with transaction.atomic():
        _lock_door()
        run = _live().filter(pk=run_id, status=RunStatus.RUNNING).first()
        if run is None or not _is_silent(run):
            return None
        AttributionRun.objects.filter(pk=run_id, attempt=run.attempt).update(attempt=F("attempt") + 1)
        run.ranges.update(heartbeat_at=database_clock())
        return run.attempt + 1


def _is_silent(run: AttributionRun) -> bool:
    ranges = list(run.ranges.values_list("number", "heartbeat_at"))
    if any(heartbeat > database_clock() - STALLED_AFTER for _, heartbeat in ranges):
        return False
    with connection.cursor() as cursor:
        for number, _ in ranges:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_key(LIVE, number)])
            if not cursor.fetchone()[0]:
                return False
    return True


def work(run_id: int, attempt: int, progress: Progress | None = None) -> None:
    """Walk all ranges of a run that we own, each on its own connection, and finish the run.

    Stops silently when somebody took the run over. On an error the run is failed, its committed chunks stay, and
    the error is raised again.
    """
    phases: dict[bool, list[Hold]] = {True: [], False: []}
    for undone in AttributionRunRange.objects.filter(run=run_id, is_done=False).order_by("number"):
        phases[undone.is_matching].append(Hold(run_id, undone.number, attempt, current_origin()))
    step = _one_at_a_time(progress)
    try:
        if _walk_all([phases[True], phases[False]], step):
            tried_again(lambda: finish(run_id, attempt))
    except Exception as error:  # the worker's edge: note it on the run, raise it again
        fail(run_id, attempt, error)
        raise
    failpoint("run_finished")


def _one_at_a_time(progress: Progress | None) -> Progress:
    lock = Lock()

    def call(done: Work) -> None:
        if progress is not None:
            with lock:
                progress(done)

    return call


def _walk_all(phases: Sequence[Sequence[Hold]], progress: Progress) -> bool:
    """Whether every range, phase after phase, was walked to its end by us; those of a phase side by side."""
    width = max(map(len, phases))
    if width <= 1 or connection.in_atomic_block:
        return all(_walk(hold, progress) for phase in phases for hold in phase)
    with ThreadPoolExecutor(width) as pool:
        try:
            return all(_walk_phase(pool, phase, progress) for phase in phases)
        finally:
            _close_connections(pool, width)


def _walk_phase(pool: ThreadPoolExecutor, holds: Sequence[Hold], progress: Progress) -> bool:
    walks = [pool.submit(contextvars.copy_context().run, _walk, hold, progress) for hold in holds]
    return all(walk.result() for walk in walks)


def _close_connections(pool: ThreadPoolExecutor, width: int) -> None:
    """Each thread its own: all meet at the barrier, so none can take two turns."""
    meeting = Barrier(width)

    def close() -> None:
        meeting.wait()
        connection.close()

    for turn in [pool.submit(close) for _ in range(width)]:
        turn.result()


def _walk(hold: Hold, progress: Progress) -> bool:
    while True:
        done = run_chunk(hold)
        if done.is_lost:
            return False
        progress(done)
        if done.is_last:
            return True


def finish(run_id: int, attempt: int) -> None:
    """Complete a run whose ranges are all done: totals of the state, events."""
    with transaction.atomic():
        run = _live().select_for_update().filter(pk=run_id, status=RunStatus.RUNNING, attempt=attempt).first()
        if run is None:
            return
        ranges = list(run.ranges.all())
        if not all(done.is_done for done in ranges):
            return
        _close(run, ranges, RunStatus.COMPLETED)
        emit("attribution.run_completed", object_type="attribution_run", object_id=run.public_id)


def fail(run_id: int, attempt: int, error: BaseException) -> None:
    with transaction.atomic():
        run = _live().select_for_update().filter(pk=run_id, status=RunStatus.RUNNING, attempt=attempt).first()
        if run is not None:
            run.error = f"{type(error).__name__}: {error}"[:500]
            _close(run, list(run.ranges.all()), RunStatus.FAILED)


def _close(run: AttributionRun, ranges: Sequence[AttributionRunRange], status: RunStatus) -> None:
    was_mass = run.is_mass
    run.status = status
    run.finished_at = database_clock()
    run.totals, run.rejected_by_reason = _state_totals(run, ranges)
    if run.kind == RunKind.CHANGES:
        run.deals_total = sum(done.deals_done for done in ranges)
    run.save(update_fields=["status", "finished_at", "error", "totals", "rejected_by_reason", "deals_total"])
    if was_mass:
        _tell_late(run, sum(done.sets_written for done in ranges))


def _state_totals(run: AttributionRun, ranges: Sequence[AttributionRunRange]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Totals of the ledger at this run: those at the run before it, and what its ranges changed."""
    models = AttributionModel.objects.values_list("pk", "key", "versions")
    keys = {str(pk): key for pk, key, _ in models}
    before = _live().filter(status__in=FINISHED, pk__lt=run.pk).order_by("-id").first()
    state = Deltas()
    if before is not None:
        state = Deltas.from_json({"totals": before.totals, "refusals": before.rejected_by_reason})
    for done in ranges:
        changed = Deltas.from_json(done.totals)
        for model_id, figures in changed.totals.items():
            state.totals[keys[model_id]].update(figures)
        for model_id, reasons in changed.refusals.items():
            state.refusals[keys[model_id]].update(reasons)
    shown = sorted({*state.totals, *(key for _, key, version in models if version in run.model_versions)})
    totals = {key: {figure: state.totals[key][figure] for figure in FIGURES} for key in shown}
    return totals, state.as_json()["refusals"]


def _tell_late(run: AttributionRun, written: int) -> None:
    """Events of a run that might have moved very many heads: one each after all, or one for everything."""
    if written > MASS_HEADS:
        emit("attribution.resync_required", object_type="attribution_run", object_id=run.public_id)
        return
    origin = current_origin()
    with connection.cursor() as cursor:
        cursor.execute(LATE_EVENTS, [origin.kind, origin.source, origin.actor, origin.trace_id, run.pk])


# What became different is not worked out again: a reader takes all four as new.
LATE_EVENTS = """
    INSERT INTO clg_outboxevent (type, object_type, object_id, version, changed_fields, refs,
                                 origin_kind, origin_source, origin_actor, trace_id)
    SELECT 'attribution.updated', 'attribution', h.public_id, s.generation,
           ARRAY['amount', 'credit_micros', 'flags', 'reporting_amount'],
           jsonb_build_object('opportunity', replace(o.public_id::text, '-', '')), %s, %s, %s, %s
    FROM advocacy_creditset s
    JOIN advocacy_credithead h ON h.model_id = s.model_id AND h.opportunity_id = s.opportunity_id
    JOIN accounts_opportunity o ON o.id = s.opportunity_id
    WHERE s.run_id = %s
    ORDER BY s.id
"""
