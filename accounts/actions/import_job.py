"""Opening, filling, starting and ending import jobs; the work itself is in `import_work`. `crm-sync` section 11."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from django.db import transaction

from accounts.choices import ImportFormat, ImportOperation, ImportState
from accounts.models import CrmSource, ImportChunk, ImportJob, ImportPreset
from accounts.sync.imports import storage
from accounts.sync.imports.files import refuse_other_kinds
from accounts.sync.imports.reading import recognised_preset
from accounts.sync.imports.results import object_of
from accounts.sync.imports.storage import Readable
from accounts.sync.mapping import complete_rules, joined_rules, mapping_of, preset_names, preset_rules, shipped_rules
from accounts.sync.objects import SyncObject
from clg.errors import Conflict, InvalidInput, InvalidTransition
from clg.events import outbox
from clg.events.waking import wake_on_commit

UPLOADS_KEPT: Final = dt.timedelta(days=7)
RESULTS_KEPT: Final = dt.timedelta(days=30)
# Of uploads that were cut off: none takes this long.
STRAYS_KEPT: Final = dt.timedelta(days=1)
RUN_IMPORTS: Final = "accounts.run_imports"


def open_import(
    *,
    source: CrmSource,
    of: SyncObject,
    by: str,
    file_format: str = ImportFormat.CSV,
    operation: str = ImportOperation.UPSERT,
    preset: str = "",
    mapping: Mapping[str, Any] | None = None,
    default_clock: dt.datetime | None = None,
    is_dry_run: bool = False,
) -> ImportJob:
    """A new job without data. The rules are those of the preset and, where it says more, of `mapping`.

    Raises `InvalidInput` for an unknown preset and for rules that do not say how to read this object.
    """
    rules = _rules(preset, mapping or {})
    if file_format == ImportFormat.CSV and of.plural not in mapping_of(rules, preset).sections:
        name = f"The preset {preset}" if preset else "The mapping"
        raise InvalidInput(f"{name} does not say how to read {of.plural}.", code="no_section")
    return ImportJob.objects.create(
        source=source,
        object_type=of.object_type,
        file_format=file_format,
        operation=operation,
        preset=preset,
        rules=rules,
        default_clock=default_clock,
        is_dry_run=is_dry_run,
        actor=by,
    )


def _rules(preset: str, mapping: Mapping[str, Any]) -> dict[str, Any]:
    own = complete_rules(mapping)
    return joined_rules(preset_rules(preset), own) if preset else own


def upload_data(*, job: ImportJob, stream: Readable, at: dt.datetime, file_name: str = "") -> ImportJob:
    """Store the file of a job; before the start a second one replaces the first.

    Raises `InvalidTransition` once the job has started, `FileTooLarge`, `InvalidInput` for a file of another kind.
    """
    require_open(job)
    with received(stream) as stored:
        return take_data(job=job, stored=stored, at=at, file_name=file_name)


def require_open(job: ImportJob) -> None:
    """Whether the job still takes data, to be asked before any is sent. Raises `InvalidTransition`."""
    _require(job, ImportState.OPEN, ImportState.UPLOADED)


@contextmanager
def received(stream: Readable) -> Iterator[storage.Stored]:
    """Store a stream for as long as the block lasts, and longer if a job takes it. Raises `FileTooLarge`."""
    stored = storage.store(stream)
    try:
        yield stored
    finally:
        if not ImportJob.objects.filter(upload=stored.name).exists():
            storage.forget(stored.name)


@transaction.atomic
def take_data(*, job: ImportJob, stored: storage.Stored, at: dt.datetime, file_name: str = "") -> ImportJob:
    """Point the job to its new file. Raises `InvalidTransition`, `InvalidInput`."""
    locked = _locked(job, ImportState.OPEN, ImportState.UPLOADED)
    if not stored.size:
        raise InvalidInput("The file is empty.", code="empty_file")
    refuse_other_kinds(storage.path_of(stored.name), locked.file_format)
    transaction.on_commit(partial(storage.forget, locked.upload))
    locked.state, locked.uploaded_at, locked.file_name = ImportState.UPLOADED, at, file_name[:200]
    locked.upload, locked.sha256, locked.size = stored.name, stored.sha256, stored.size
    locked.save(update_fields=["state", "uploaded_at", "file_name", "upload", "sha256", "size"])
    return locked


@transaction.atomic
def start_import(*, job: ImportJob, at: dt.datetime, is_dry_run: bool | None = None) -> ImportJob:
    """Queue the job behind others of its source and object; a dry run as opened, or as said. `InvalidTransition`."""
    locked = _locked(job, ImportState.UPLOADED)
    locked.state, locked.started_at = ImportState.RUNNING, at
    locked.is_dry_run = locked.is_dry_run if is_dry_run is None else is_dry_run
    locked.save(update_fields=["state", "started_at", "is_dry_run"])
    wake_on_commit(RUN_IMPORTS)
    return locked


def open_from_file(
    *,
    source: CrmSource,
    of: SyncObject,
    stream: Readable,
    file_name: str,
    preset: str,
    options: Mapping[str, str],
    by: str,
    at: dt.datetime,
) -> ImportJob:
    """A job with its data, read by a preset or, without one, by the preset that fits best; `options` go before its own.

    Raises `InvalidInput` for a file that no preset knows.
    """
    is_json = file_name.lower().endswith((".ndjson", ".jsonl"))
    kept = storage.store(stream)
    path = storage.path_of(kept.name)
    try:
        preset = preset or ("" if is_json else recognised_preset(path, of, source))
        if not (preset or is_json):
            raise InvalidInput(f"No preset knows these columns as {of.plural}; choose one.", code="unknown_preset")
        file_format = ImportFormat.NDJSON if is_json else ImportFormat.CSV
        with transaction.atomic(), path.open("rb") as file:
            mapping = {"options": options}
            job = open_import(source=source, of=of, by=by, file_format=file_format, preset=preset, mapping=mapping)
            return upload_data(job=job, stream=file, at=at, file_name=file_name)
    finally:
        storage.forget(kept.name)


@transaction.atomic
def map_columns(*, job: ImportJob, columns: Mapping[str, str]) -> ImportJob:
    """Read our fields from these columns of the file; fields that are not named stay as they are."""
    locked = _locked(job, ImportState.UPLOADED)
    section = dict(locked.rules.get(locked.noun, {}))
    for group in ("fields", "relations"):
        known = dict(section.get(group, {}))
        names = [name for name in columns if _group_of(object_of(locked), name) == group]
        section[group] = known | {name: {**known.get(name, {}), "columns": [columns[name]]} for name in names}
    if "external_id" in columns:
        section["external_id"] = {**section.get("external_id", {}), "columns": [columns["external_id"]]}
    locked.rules = complete_rules({**locked.rules, locked.noun: section})
    locked.save(update_fields=["rules"])
    return locked


def _group_of(of: SyncObject, name: str) -> str:
    return "fields" if name in of.by_name else "relations" if name != "external_id" else ""


def repeat_import(*, job: ImportJob, by: str, at: dt.datetime) -> ImportJob:
    """The same file by the same rules once more, stored this time: what follows a dry run that pleased."""
    if not job.upload:
        raise InvalidTransition("The file of this import is gone; upload it again.")
    again = ImportJob.objects.create(
        source=job.source,
        object_type=job.object_type,
        file_format=job.file_format,
        operation=job.operation,
        preset=job.preset,
        rules=job.rules,
        default_clock=job.default_clock or job.uploaded_at,
        actor=by,
    )
    with storage.path_of(job.upload).open("rb") as file:
        upload_data(job=again, stream=file, at=at, file_name=job.file_name)
    return start_import(job=again, at=at)


@transaction.atomic
def abort_import(*, job: ImportJob, at: dt.datetime) -> ImportJob:
    """End the job; a chunk being merged is waited for, so that none is done in vain. Raises `InvalidTransition`."""
    locked = _locked(job, ImportState.OPEN, ImportState.UPLOADED, ImportState.RUNNING)
    locked.state, locked.finished_at, locked.lease_until = ImportState.ABORTED, at, None
    locked.save(update_fields=["state", "finished_at", "lease_until"])
    _tell_of_the_rest(locked)
    wake_on_commit(RUN_IMPORTS)
    return locked


def changed_rows(job: ImportJob) -> int:
    """Rows that the job has changed so far."""
    return sum(job.counts.get(outcome, 0) for outcome in ("created", "linked", "updated", "deleted", "restored"))


def _tell_of_the_rest(job: ImportJob) -> None:
    """Rows beyond the first hundred thousand have no entries of their own."""
    if changed_rows(job) > outbox.MASS_ROWS and not job.is_dry_run:
        outbox.emit(f"{job.object_type}.resync_required", object_type="import_job", object_id=job.public_id)


def finish_import(*, job: ImportJob, at: dt.datetime, failure: InvalidInput | None = None) -> None:
    """Complete or failed, with its event. Call inside the transaction that checked the lease."""
    state = ImportState.FAILED if failure else ImportState.COMPLETE
    ImportJob.objects.filter(pk=job.pk).update(
        state=state,
        finished_at=at,
        lease_until=None,
        failure_code=failure.code if failure else "",
        failure=failure.message if failure else "",
    )
    _tell_of_the_rest(job)
    name = "failed" if failure else "completed"
    outbox.emit(f"import_job.{name}", object_type="import_job", object_id=job.public_id)
    wake_on_commit(RUN_IMPORTS)


def _locked(job: ImportJob, *states: ImportState) -> ImportJob:
    locked: ImportJob = ImportJob.objects.select_for_update(no_key=True).get(pk=job.pk)
    _require(locked, *states)
    return locked


def _require(job: ImportJob, *states: ImportState) -> None:
    if job.state not in states:
        raise InvalidTransition(
            f"The import is {job.get_state_display().lower()}; this needs one that is "
            f"{' or '.join(str(state.label).lower() for state in states)}.",
            data={"state": job.state},
        )


def purge_imports(*, at: dt.datetime) -> dict[str, int]:
    """Delete uploads 7 days and results 30 days after the end, and files that no job points to."""
    old = ImportJob.objects.ended().filter(finished_at__lte=at - UPLOADS_KEPT).exclude(upload="")
    # Never started ones end by themselves, a week after their data came.
    left = ImportJob.objects.filter(state=ImportState.UPLOADED, uploaded_at__lte=at - UPLOADS_KEPT)
    aborted = left.update(state=ImportState.ABORTED, finished_at=at - UPLOADS_KEPT)
    uploads = list(old.values_list("upload", flat=True))
    for name in uploads:
        storage.forget(name)
    old.update(upload="")
    strays = set(storage.names_before(at - STRAYS_KEPT))
    strays -= set(ImportJob.objects.filter(upload__in=strays).values_list("upload", flat=True))
    for name in strays:
        storage.forget(name)
    results = ImportChunk.objects.exclude(results=None).filter(
        job__in=ImportJob.objects.ended().filter(finished_at__lte=at - RESULTS_KEPT)
    )
    return {"aborted": aborted, "uploads": len(uploads), "strays": len(strays), "results": results.update(results=None)}


def load_shipped_presets() -> None:
    """Bring the presets of this release into their table; people's own stay as they are."""
    for name in preset_names():
        rules = shipped_rules(name)
        ImportPreset.objects.update_or_create(
            name=name,
            defaults={"rules": rules, "description": rules.get("description", "")[:200], "is_shipped": True},
        )
    ImportPreset.objects.filter(is_shipped=True).exclude(name__in=preset_names()).delete()


def copy_preset(*, preset: ImportPreset, name: str) -> ImportPreset:
    """A preset of ours that follows another where it says nothing itself. Raises `Conflict` for a name in use."""
    if ImportPreset.objects.filter(name=name).exists():
        raise Conflict(f"There is a preset {name} already.", code="preset_exists")
    return ImportPreset.objects.create(name=name, description=f"Copy of {preset.name}", rules={"based_on": preset.name})
