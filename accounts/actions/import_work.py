"""Working on import jobs: whoever holds the lease reads, merges and checkpoints chunk by chunk.

The merge of a chunk, its results and the checkpoint commit together, and only while the lease is held: a kill at any
moment neither repeats nor skips a line, and a worker that woke too late writes nothing. `crm-sync` section 11.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pghistory
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.actions.import_job import changed_rows, finish_import
from accounts.choices import ImportState
from accounts.models import ImportChunk, ImportJob
from accounts.sync.imports import chunk as chunks
from accounts.sync.imports import storage
from accounts.sync.imports.chunk import Merged, Merger
from accounts.sync.imports.files import FileForm, Row, rows_of
from accounts.sync.imports.reading import read_form
from accounts.sync.imports.results import object_of, packed, prefix_of
from accounts.sync.imports.rows import RowItems
from accounts.sync.imports.survey import Survey, survey_rows
from clg.errors import InvalidInput
from clg.events import outbox
from clg.events.origin import Origin, caused_by
from clg.failpoints import failpoint, register

register("chunk_read", "before_checkpoint", "after_checkpoint")

LEASE: Final = dt.timedelta(seconds=60)
# Workers lost between two checkpoints after which the job is given up: it would kill the next one, too.
MOST_ATTEMPTS: Final = 8
# Tries of a chunk that met a deadlock or a lock held too long.
CHUNK_TRIES: Final = 3
Progress = Callable[[ImportJob], None]


class LeaseLost(Exception):
    """The job was aborted, or another worker has taken it over: nothing of the chunk is stored."""


def _silent(job: ImportJob) -> None:
    """Nobody watches."""


def take_import(*, at: dt.datetime, job: ImportJob | None = None) -> ImportJob | None:
    """Take up the next job whose turn it is, or this one; `None` when there is nothing to do."""
    due = ImportJob.objects.due(at=at).filter(**({"pk": job.pk} if job else {}))
    try:
        with transaction.atomic():
            # Who is at a chunk holds the row, however long ago the lease ended.
            key = due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True).first()
            if key is None:
                return None
            ImportJob.objects.filter(pk=key).update(
                lease_until=at + LEASE,
                fence=F("fence") + 1,
                attempts=F("attempts") + 1,
                taken_at=Coalesce(F("taken_at"), at),
            )
    except IntegrityError:
        return None  # another one of this source and object was quicker
    return ImportJob.objects.select_related("source").get(pk=key)


def work_on(job: ImportJob, *, on_progress: Progress = _silent, until: Callable[[], bool] = lambda: False) -> ImportJob:
    """Work on a job that was taken up, to its end, until it is lost, or until told to hand it back."""
    origin = Origin(kind="import", actor=f"import:{job.name_outside}", source=job.source.slug)
    with caused_by(origin), pghistory.context(import_job=job.name_outside):
        try:
            _work(job, on_progress, until)
        except InvalidInput as problem:
            _end(job, problem)
        except LeaseLost:
            pass
    job.refresh_from_db()
    on_progress(job)
    return job


def _work(job: ImportJob, on_progress: Progress, until: Callable[[], bool]) -> None:
    if job.attempts > MOST_ATTEMPTS:
        raise InvalidInput("Eight workers ended at the same place of this file.", code="gave_up")
    path = storage.path_of(job.upload)
    form, items = read_form(job, at=timezone.now())
    merger = Merger(job.source, object_of(job), items, _surveyed(job, path, form, items), timezone.now())
    start = {"byte": job.next_byte, "line": job.next_line, "number": job.processed}
    rows = rows_of(path, form, **start)
    while read := list(islice(rows, chunks.CHUNK_ROWS)):
        failpoint("chunk_read")
        _merge_chunk(job, merger, items, read)
        failpoint("after_checkpoint")
        on_progress(job)
        if until():
            _hand_back(job)
            return
    _end(job, None)


def _surveyed(job: ImportJob, path: Path, form: FileForm, items: RowItems) -> Survey:
    """The first pass; its total and the form of the file are kept with the job."""
    survey = survey_rows(rows_of(path, form), items, on_progress=lambda done: _keep(job))
    job.total, job.form = survey.total, asdict(form)
    job.warnings = {**job.warnings, "unmapped_columns": list(items.unmapped)}
    _keep(job, total=job.total, form=job.form, warnings=job.warnings)
    return survey


def _keep(job: ImportJob, **fields: Any) -> None:
    """Write to the job and lengthen the lease. Raises `LeaseLost`."""
    mine = ImportJob.objects.filter(pk=job.pk, fence=job.fence, state=ImportState.RUNNING)
    if not mine.update(lease_until=timezone.now() + LEASE, **fields):
        raise LeaseLost


def _merge_chunk(job: ImportJob, merger: Merger, items: RowItems, rows: Sequence[Row]) -> None:
    """Merge and checkpoint in one transaction; what other writers' locks refuse is tried again."""
    for tries_left in reversed(range(CHUNK_TRIES)):
        try:
            with transaction.atomic():
                _hold(job)
                merged = _merged(job, merger, rows)
                failpoint("before_checkpoint")
                _checkpoint(job, items, merged)
        except OperationalError:
            _forget_try(job)
            if not tries_left:
                raise
        else:
            return


def _hold(job: ImportJob) -> None:
    """Keep who aborts the job waiting for the end of the chunk. Raises `LeaseLost` when it came before."""
    mine = ImportJob.objects.filter(pk=job.pk, fence=job.fence, state=ImportState.RUNNING)
    if mine.select_for_update(no_key=True).values_list("pk").first() is None:
        raise LeaseLost


def _forget_try(job: ImportJob) -> None:
    """The job as its last checkpoint left it. Raises `LeaseLost`."""
    fence = job.fence
    job.refresh_from_db()
    if job.fence != fence:
        raise LeaseLost


def _merged(job: ImportJob, merger: Merger, rows: Sequence[Row]) -> Merged:
    telling = outbox.told_in_one() if changed_rows(job) >= outbox.MASS_ROWS else nullcontext()
    with transaction.atomic(), telling:
        merged = merger.merge(rows, is_first=not job.processed)
        if job.is_dry_run:
            transaction.set_rollback(True)
    return merged


def _checkpoint(job: ImportJob, items: RowItems, merged: Merged) -> None:
    first, last = merged.rows[0], merged.rows[-1]
    ImportChunk.objects.create(
        job=job,
        number=job.chunks.count(),
        byte_start=job.next_byte,
        byte_end=last.end,
        first_line=first.line,
        last_line=last.end_line,
        rows=len(merged.rows),
        counts=dict(merged.outcomes),
        results=packed(merged, items, prefix_of(job)),
    )
    job.processed += len(merged.rows)
    job.counts = dict(Counter(job.counts) + merged.outcomes)
    job.codes = dict(Counter(job.codes) + merged.codes)
    job.warnings = _warned(job.warnings, merged)
    job.next_byte, job.next_line, job.attempts = last.end, last.end_line, 0
    moved = ("processed", "counts", "codes", "warnings", "next_byte", "next_line", "attempts")
    _keep(job, **{name: getattr(job, name) for name in moved})


def _warned(warnings: dict[str, Any], merged: Merged) -> dict[str, Any]:
    stages = Counter(warnings.get("unknown_stages", {})) + merged.noted.unknown_stages
    return {
        **warnings,
        "unknown_stages": dict(stages),
        "values_left_out": warnings.get("values_left_out", 0) + sum(map(len, merged.noted.left_out.values())),
        "merged_ids": warnings.get("merged_ids", 0) + merged.joined.names,
        "merged_rows": warnings.get("merged_rows", 0) + merged.joined.rows,
        "merges_refused": warnings.get("merges_refused", 0) + merged.joined.refused,
    }


@transaction.atomic
def _end(job: ImportJob, failure: InvalidInput | None) -> None:
    _keep(job)
    finish_import(job=job, at=timezone.now(), failure=failure)


def _hand_back(job: ImportJob) -> None:
    """Leave the job to whoever comes next."""
    ImportJob.objects.filter(pk=job.pk, fence=job.fence).update(lease_until=None)
