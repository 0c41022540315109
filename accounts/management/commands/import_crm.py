"""Import a CRM's file of accounts, contacts or opportunities by a preset or a mapping file."""

from __future__ import annotations

import datetime as dt
import json
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import CrmSource
from accounts.sync.forms import FileOptions
from accounts.sync.imports import Report, import_file, write_results
from accounts.sync.mapping import FileMapping, load_mapping, load_preset, preset_names
from accounts.sync.objects import OBJECTS
from clg.commands import AuditedCommand
from clg.errors import DomainError


class Command(AuditedCommand):
    """crm-sync 11. Good rows are stored; every bad row gets a line in the results file."""

    help = "Imports accounts, contacts or opportunities from a CSV file, set-based; the same file again writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, metavar="SLUG")
        parser.add_argument("--object", required=True, choices=sorted(OBJECTS))
        parser.add_argument("--preset", choices=preset_names())
        parser.add_argument("--mapping", type=Path, help="TOML of the form of a preset, for any other CRM")
        parser.add_argument("--dry-run", action="store_true", help="run and roll back")
        parser.add_argument("--results", type=Path, help="file for the bad rows: .csv or .ndjson")
        parser.add_argument("--updated-at", help="the clock of rows without one; by default when the file was written")
        parser.add_argument("--invalid-values", choices=["fail", "drop"], help="drop: leave a bad value out and warn")
        parser.add_argument("--encoding", default="")
        parser.add_argument("--delimiter", default="")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._run(options)
        except DomainError as problem:
            way_out = "\nTo store such rows without their bad values: --invalid-values drop" if _is_bad(problem) else ""
            raise CommandError(problem.message + way_out) from problem
        results = options["results"] or (Path(f"{options['file'].stem}.failed.csv") if report.bad else None)
        if results is not None:
            write_results(report, results)
        self._tell(report, results, as_json=options["json"])

    def _run(self, options: dict[str, Any]) -> Report:
        source = CrmSource.objects.filter(slug=options["source"], is_active=True).first()
        if source is None:
            raise CommandError(f"There is no active source {options['source']}; make it with create_source.")
        return import_file(
            source=source,
            of=OBJECTS[options["object"]],
            mapping=_mapping(options),
            path=options["file"],
            at=timezone.now(),
            updated_at=_moment(options["updated_at"]),
            dry_run=options["dry_run"],
            on_progress=_bar if sys.stderr.isatty() and not options["json"] else _silent,
        )

    def _tell(self, report: Report, results: Path | None, *, as_json: bool) -> None:
        summary = report.summary()
        if as_json:
            self.stdout.write(json.dumps({**summary, "results": str(results) if results else None}))
            return
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in summary["counts"].items())
        self.stdout.write(f"{report.total:,} rows in {report.seconds:.1f} s: {counts or 'none'}")
        for code, count in summary["codes"].items():
            self.stdout.write(f"  {code}: {count:,}")
        if report.unmapped_columns:
            self.stdout.write(f"  columns not read: {', '.join(report.unmapped_columns)}")
        if report.unknown_stages:
            self.stdout.write(f"  stages not mapped: {', '.join(sorted(report.unknown_stages))}")
        if report.aliases:
            self.stdout.write(f"  merged ids now leading to their winner: {report.aliases:,}")
        if results:
            self.stdout.write(f"  bad rows: {results}")
        if report.dry_run:
            self.stdout.write("Dry run: nothing was stored.")


def _is_bad(problem: DomainError) -> bool:
    return problem.code == "mostly_bad"


def _mapping(options: dict[str, Any]) -> FileMapping:
    if options["mapping"]:
        mapping = load_mapping(options["mapping"])
    elif options["preset"]:
        mapping = load_preset(options["preset"])
    else:
        raise CommandError("Name a --preset or a --mapping file.")
    wanted = {key: options[key] for key in ("encoding", "delimiter", "invalid_values") if options[key]}
    settled: FileOptions = replace(mapping.options, **wanted)
    return replace(mapping, options=settled)


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise CommandError("--updated-at is a moment with its offset, such as 2026-11-20T09:15:02Z.")
    return moment


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


def _bar(done: int, total: int) -> None:
    share = done / total if total else 1.0
    sys.stderr.write(f"\r[{'#' * round(30 * share):<30}] {done:,} of {total:,}" + ("\n" if done >= total else ""))
