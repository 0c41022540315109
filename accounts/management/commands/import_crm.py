"""Import a CRM's file of accounts, contacts or opportunities by a preset or a mapping file."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.actions.import_job import open_import, start_import, upload_data
from accounts.actions.import_work import take_import, work_on
from accounts.choices import ImportFormat, ImportState
from accounts.models import CrmSource, ImportJob
from accounts.sync.imports.results import failed_file, told_rows
from accounts.sync.mapping import load_rules
from accounts.sync.objects import OBJECTS
from clg.commands import AuditedCommand
from clg.errors import DomainError

# How often a command whose turn has not come looks again.
_LOOK_SECONDS: Final = 1.0
_NDJSON: Final = (".ndjson", ".jsonl")


class Command(AuditedCommand):
    """The import job of API and admin, worked on here, in view. Good rows are stored, bad rows go to a file.

    Killed, the job stays: a worker goes on with it at its last checkpoint.
    """

    help = "Imports accounts, contacts or opportunities from CSV or ndjson; the same file again writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, metavar="SLUG")
        parser.add_argument("--object", required=True, choices=sorted(OBJECTS))
        parser.add_argument("--preset", metavar="NAME")
        parser.add_argument("--mapping", type=Path, help="TOML of the form of a preset, for any other CRM")
        parser.add_argument("--dry-run", action="store_true", help="run and roll back")
        parser.add_argument("--results", type=Path, help="file for the bad rows: .csv or .ndjson")
        parser.add_argument("--updated-at", help="the clock of rows without one; by default when the file was written")
        parser.add_argument("--invalid-values", choices=["fail", "drop"], help="drop: leave a bad value out and warn")
        parser.add_argument("--encoding", default="")
        parser.add_argument("--delimiter", default="")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        try:
            job = self._job(options)
        except DomainError as problem:
            raise CommandError(problem.message) from problem
        job = self._worked(job, _silent if options["json"] or not sys.stderr.isatty() else _bar)
        if job.state != ImportState.COMPLETE:
            raise CommandError(_why(job))
        results = options["results"] or (Path(f"{options['file'].stem}.failed.csv") if job.failed else None)
        if results is not None:
            _write_results(job, results)
        self._tell(_summary(job, time.perf_counter() - started), results, as_json=options["json"])

    def _job(self, options: dict[str, Any]) -> ImportJob:
        """The job, with its data, started."""
        source = CrmSource.objects.filter(slug=options["source"], is_active=True).first()
        if source is None:
            raise CommandError(f"There is no active source {options['source']}; make it with create_source.")
        at = timezone.now()
        path: Path = options["file"]
        is_json = path.suffix in _NDJSON
        if not (options["mapping"] or options["preset"] or is_json):
            raise CommandError("Name a --preset or a --mapping file.")
        job = open_import(
            source=source,
            of=OBJECTS[options["object"]],
            by="command:import_crm",
            file_format=ImportFormat.NDJSON if is_json else ImportFormat.CSV,
            preset=options["preset"] or "",
            mapping=_mapping(options),
            default_clock=_moment(options["updated_at"]) or _written(path, at),
            is_dry_run=options["dry_run"],
        )
        with path.open("rb") as file:
            upload_data(job=job, stream=file, file_name=path.name, at=at)
        return start_import(job=job, at=at)

    def _worked(self, job: ImportJob, on_progress: Any) -> ImportJob:
        """The job at its end. Others of its source and object come first; a worker may be quicker than we are."""
        while job.state == ImportState.RUNNING:
            if taken := take_import(at=timezone.now(), job=job):
                job = work_on(taken, on_progress=on_progress)
            else:
                time.sleep(_LOOK_SECONDS)
                job.refresh_from_db()
        return job

    def _tell(self, summary: dict[str, Any], results: Path | None, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({**summary, "results": str(results) if results else None}))
            return
        warnings = summary["warnings"]
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in summary["counts"].items())
        self.stdout.write(f"{summary['total']:,} rows in {summary['seconds']:.1f} s: {counts or 'none'}")
        for code, count in summary["codes"].items():
            self.stdout.write(f"  {code}: {count:,}")
        if warnings["unmapped_columns"]:
            self.stdout.write(f"  columns not read: {', '.join(warnings['unmapped_columns'])}")
        if warnings["unknown_stages"]:
            self.stdout.write(f"  stages not mapped: {', '.join(sorted(warnings['unknown_stages']))}")
        if warnings["merged_ids"]:
            self.stdout.write(f"  merged ids now leading to their winner: {warnings['merged_ids']:,}")
        if warnings["merged_rows"]:
            self.stdout.write(f"  rows merged into their winner: {warnings['merged_rows']:,}")
        if warnings["merges_refused"]:
            self.stdout.write(f"  merges refused, as they would go in a circle: {warnings['merges_refused']:,}")
        if results:
            self.stdout.write(f"  bad rows: {results}")
        if summary["dry_run"]:
            self.stdout.write("Dry run: nothing was stored.")


def _summary(job: ImportJob, seconds: float) -> dict[str, Any]:
    return {
        "id": job.name_outside,
        **job.summary,
        "warnings": job.told_warnings,
        "seconds": round(seconds, 3),
        "rows_per_second": round(job.total / seconds),
        "dry_run": job.is_dry_run,
    }


def _why(job: ImportJob) -> str:
    """What ended the job, with the way out where there is one."""
    if job.state == ImportState.ABORTED:
        return f"The import was aborted after {job.processed:,} of {job.total:,} rows."
    way_out = "\nTo store such rows without their bad values: --invalid-values drop"
    return job.failure + (way_out if job.failure_code == "mostly_bad" else "")


def _mapping(options: dict[str, Any]) -> dict[str, Any]:
    rules = load_rules(options["mapping"]) if options["mapping"] else {}
    wanted = {key: options[key] for key in ("encoding", "delimiter", "invalid_values") if options[key]}
    return {**rules, "options": {**rules.get("options", {}), **wanted}}


def _written(path: Path, at: dt.datetime) -> dt.datetime:
    """When the file was written, as far as that is not to come."""
    try:
        return min(dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC), at)
    except OSError as problem:
        raise CommandError(f"The file cannot be read: {problem.strerror}.") from problem


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise CommandError("--updated-at is a moment with its offset, such as 2026-11-20T09:15:02Z.")
    return moment


def _write_results(job: ImportJob, path: Path) -> None:
    """The failed rows: one JSON object a line for .ndjson and .jsonl, else CSV to be repaired and sent again."""
    if path.suffix not in _NDJSON:
        path.write_bytes(failed_file(job))
        return
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in told_rows(job, "failed"))


def _silent(job: ImportJob) -> None:
    """Nobody watches."""


def _bar(job: ImportJob) -> None:
    share = job.processed / job.total if job.total else 1.0
    end = "\n" if job.state != ImportState.RUNNING else ""
    sys.stderr.write(f"\r[{'#' * round(30 * share):<30}] {job.processed:,} of {job.total:,}{end}")
