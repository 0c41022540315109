"""`manage.py attribute`: compute credit, for what changed, for some deals or models, or for everything."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Sum
from django.utils import timezone

from accounts.models import ExternalIdentity
from advocacy.actions.attribution import attribute_changes, finish_run, mark_deals, start_run
from advocacy.attribution.chunk import Work
from advocacy.choices import RunKind
from advocacy.models import AttributionModel, AttributionRun
from clg.commands import AuditedCommand
from clg.errors import DomainError


class Command(AuditedCommand):
    help = "Compute attribution credit: what changed since the last run, or more with an option."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="match and allocate every deal anew")
        parser.add_argument("--model", action="append", default=[], metavar="KEY", help="every deal, this model only")
        parser.add_argument(
            "--opportunity", action="append", default=[], metavar="EXTERNAL_ID", help="this deal, besides what changed"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        self._bar = ProgressBar(shown=sys.stderr.isatty() and not options["json"])
        try:
            run = self._attribute(options)
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        answer = answer_of(run)
        self.stdout.write(json.dumps(answer) if options["json"] else _sentence(answer))

    def _attribute(self, options: dict[str, Any]) -> AttributionRun | None:
        at = timezone.now()
        models = _models(options["model"])
        if options["opportunity"]:
            mark_deals(_deals(options["opportunity"]))
        if not options["full"] and not models:
            return attribute_changes(at=at, by="command", progress=self._bar)
        kind = RunKind.FULL if options["full"] else RunKind.MODEL
        run = start_run(kind=kind, models=models if kind == RunKind.MODEL else (), at=at, by="command")
        return None if run is None else finish_run(run=run, at=at, progress=self._bar)


class ProgressBar:
    """Counts deals as chunks commit; one line on a terminal."""

    def __init__(self, *, shown: bool) -> None:
        self.shown, self.deals, self.started = shown, 0, time.monotonic()

    def __call__(self, work: Work) -> None:
        self.deals += work.deals
        if self.shown:
            rate = self.deals / max(time.monotonic() - self.started, 0.001)
            sys.stderr.write(f"\r  {self.deals:,} deals, {rate:,.0f} a second" + ("\n" if work.is_last else ""))
            sys.stderr.flush()


def _models(keys: list[str]) -> list[AttributionModel]:
    found = list(AttributionModel.objects.filter(key__in=keys))
    unknown = sorted(set(keys) - {model.key for model in found})
    if unknown:
        raise CommandError(f"No such model: {', '.join(unknown)}.", returncode=2)
    return found


def _deals(external_ids: list[str]) -> list[int]:
    rows = ExternalIdentity.objects.filter(external_id__in=external_ids, opportunity__isnull=False)
    found = dict(rows.values_list("external_id", "opportunity_id"))
    unknown = sorted(set(external_ids) - set(found))
    if unknown:
        raise CommandError(f"No such opportunity: {', '.join(unknown)}.", returncode=2)
    return [pk for pk in found.values() if pk is not None]


def answer_of(run: AttributionRun | None) -> dict[str, Any]:
    """What the command prints; `run` is null when there was nothing to do."""
    if run is None:
        return {"run": None}
    done = run.ranges.aggregate(Sum("deals_done"), Sum("sets_written"), Sum("lines_written"))
    return {
        "run": run.name_outside,
        "kind": run.kind,
        "status": run.status,
        "as_of": run.as_of.isoformat(),
        "deals_done": done["deals_done__sum"] or 0,
        "sets_written": done["sets_written__sum"] or 0,
        "lines_written": done["lines_written__sum"] or 0,
        "totals": run.totals,
    }


def _sentence(answer: dict[str, Any]) -> str:
    if answer["run"] is None:
        return "Nothing to do."
    return (
        f"Run {answer['run']} ({answer['kind']}) is {answer['status']}: {answer['deals_done']:,} deals,"
        f" {answer['sets_written']:,} sets and {answer['lines_written']:,} lines written."
    )
