"""Import signals from a CSV file as another system exported it."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from defusedcsv import csv
from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from accounts.actions.signal_import import ImportReport, SignalImport
from accounts.choices import SIGNAL_KINDS
from accounts.models import CrmSource
from accounts.signal_counts import Counting, mondays
from accounts.signal_files import ISO, TARGETS, BadCell, Layout, moment, read_lines, read_lookup
from clg.commands import AuditedCommand
from clg.errors import InvalidInput

_HELP: Final = """Signals from a CSV file, read as it is: name the columns instead of rewriting the file.

One observation a row:
  import_signals answers.csv --source survey --account-source crm --kind nps
      --columns external_id=answer_id contact=contact_id raw=score observed_at=answered_on --date-format dmy

Rows that count for a while (open tickets, acts, features in use), summed every Monday or on a day:
  import_signals tickets.csv --source support --account-source crm --kind support
      --columns account=account_id raw=priority observed_at=opened until=closed
      --values urgent=6 high=3 medium=1 low=0 --each week
  import_signals uses.csv --source product --account-source crm --kind adoption
      --columns account=account_id observed_at=used_on distinct=feature --count-for 28 --of 40 --on 2026-11-16
"""


class Command(AuditedCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="who observed: product, survey, support, ...")
        parser.add_argument("--account-source", required=True, metavar="SLUG", help="whose ids stand in the file")
        parser.add_argument(
            "--columns", nargs="+", type=_pair, required=True, metavar="TARGET=HEADER", help=f"of {', '.join(TARGETS)}"
        )
        parser.add_argument("--kind", choices=sorted(SIGNAL_KINDS), help="of all rows without a kind of their own")
        parser.add_argument("--values", nargs="+", type=_pair, default=[], metavar="WORD=NUMBER", help="raw words")
        parser.add_argument(
            "--date-format", nargs="+", default=[ISO], help="iso, dmy, mdy or strptime formats, tried in order"
        )
        parser.add_argument("--time-zone", help="of moments without an offset (the source's)")
        parser.add_argument("--delimiter", default=",")
        parser.add_argument("--encoding", default="utf-8-sig")
        parser.add_argument("--lookup", metavar="FILE:KEY=VALUE", help="the account column holds KEY of another file")
        counting = parser.add_argument_group("rows that count for a while")
        counting.add_argument("--each", choices=["week"], help="sum on every Monday the file reaches")
        counting.add_argument(
            "--on", nargs="+", type=dt.date.fromisoformat, default=[], metavar="DAY", help="sum on days"
        )
        counting.add_argument("--count-for", type=int, metavar="DAYS", help="a row counts so long (else until=...)")
        counting.add_argument(
            "--of", type=int, metavar="N", help="share of N things that distinct=... names, in percent"
        )
        parser.add_argument("--results", type=Path, help="bad rows as CSV (<name>.failed.csv here)")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        results = options["results"] or Path(f"{options['file'].stem}.failed.csv")
        try:
            report = _import(options)
        except InvalidInput as error:
            raise CommandError(f"{options['file']}: {error.message}") from error
        except OSError as error:
            raise CommandError(str(error)) from error
        if report.bad:
            _write_results(results, report)
        self.stdout.write(_told(report, results, as_json=options["json"]))


def _import(options: dict[str, Any]) -> ImportReport:
    names = CrmSource.objects.filter(slug=options["account_source"]).first()
    if names is None:
        known = ", ".join(CrmSource.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no source {options['account_source']}; there are: {known}.")
    layout, at = _layout(options, names), timezone.now()
    moments = _moments(options, layout, at)
    shown = not options["json"] and sys.stderr.isatty()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), disable=not shown) as bar:
        task = bar.add_task("Signals", total=None)
        job = SignalImport(
            path=options["file"],
            layout=layout,
            source=options["source"],
            names=names,
            at=at,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
        if not moments:
            return job.run()
        window = dt.timedelta(days=options["count_for"]) if options["count_for"] else None
        return job.run_counting(Counting(moments, options["of"]), window)


def _layout(options: dict[str, Any], names: CrmSource) -> Layout:
    columns = dict(options["columns"])
    unknown = [target for target in columns if target not in TARGETS]
    if unknown:
        raise CommandError(f"--columns: there is no target {', '.join(unknown)}; targets are {', '.join(TARGETS)}.")
    zone = options["time_zone"] or names.time_zone
    if zone not in available_timezones():
        raise CommandError(f"--time-zone: there is no zone {zone}.")
    layout = Layout(
        columns=columns,
        kind=options["kind"] or "",
        delimiter=options["delimiter"],
        encoding=options["encoding"],
        date_formats=options["date_format"],
        zone=ZoneInfo(zone),
        values=dict(options["values"]),
    )
    _check_targets(columns, options)
    return layout if not options["lookup"] else _with_lookup(layout, options["lookup"])


def _check_targets(columns: dict[str, str], options: dict[str, Any]) -> None:
    is_counting = bool(options["each"] or options["on"])
    needed = {"observed_at"} if is_counting else {"observed_at", "raw"}
    if not options["kind"]:
        needed.add("kind")
    missing = sorted(needed - set(columns)) or ([] if {"account", "contact"} & set(columns) else ["account"])
    if missing:
        raise CommandError(f"--columns: name the column of {', '.join(missing)} (or give --kind for kind).")
    if is_counting and not options["kind"]:
        raise CommandError("--kind: rows that are summed are of one kind.")
    if is_counting and not (options["count_for"] or "until" in columns):
        raise CommandError("Say how long a row counts: --count-for DAYS, or the column until=HEADER.")
    if options["of"] is not None and (options["of"] < 1 or "distinct" not in columns):
        raise CommandError("--of N needs the column distinct=HEADER and N of at least 1.")


def _with_lookup(layout: Layout, text: str) -> Layout:
    found = re.fullmatch(r"(?P<file>.+):(?P<key>[^:=]+)=(?P<value>[^:=]+)", text)
    if not found:
        raise CommandError("--lookup: give FILE:KEY=VALUE, such as subscriptions.csv:subscription_id=account_id.")
    lookup = read_lookup(Path(found["file"]), found["key"], found["value"], layout)
    return Layout(**{**vars(layout), "lookup": lookup})


def _moments(options: dict[str, Any], layout: Layout, at: dt.datetime) -> list[dt.datetime]:
    """When to sum: the given days at 00:00 UTC, or the Mondays from the first row to the last moment of the file."""
    days = [dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) for day in options["on"]]
    if not options["each"]:
        return sorted(set(days))
    first, last = _reach(options["file"], layout)
    return sorted({*days, *(mondays(first, min(last, at)) if first and last else [])})


def _reach(path: Path, layout: Layout) -> tuple[dt.datetime | None, dt.datetime | None]:
    texts = (line.cells.get(target, "") for line in read_lines(path, layout) for target in ("observed_at", "until"))
    found = [value for text in texts if text and (value := moment(text, layout))]
    return (min(found), max(found)) if found else (None, None)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _write_results(path: Path, report: ImportReport) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "column", "code", "detail"])
        writer.writerows((bad.line, bad.column, bad.code, bad.detail) for bad in sorted(report.bad, key=_line_of))


def _line_of(bad: BadCell) -> int:
    return bad.line


def _told(report: ImportReport, results: Path, *, as_json: bool) -> str:
    outcomes = {name: report.signals[name] for name in ("created", "updated", "unchanged", "stale")}
    counts = {"rows": report.rows, **outcomes, "empty": report.empty, "failed": report.failed_rows}
    if as_json:
        return json.dumps({**counts, "results": str(results) if report.bad else None})
    told = " ".join(f"{name}={count}" for name, count in counts.items())
    return f"{told}\nBad rows: {results}" if report.bad else told
