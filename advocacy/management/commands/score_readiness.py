"""Score the pool: whoever is due, everybody, or one champion."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from advocacy.actions.readiness import ScoringRun, score_readiness
from advocacy.management.arguments import champion, moment
from clg.commands import AuditedCommand


class Command(AuditedCommand):
    help = "Scores the readiness of the champions that are due and prints what changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=moment, help="moment to score at, RFC 3339 (now)")
        parser.add_argument("--all", action="store_true", help="score the whole pool, due or not")
        parser.add_argument("--champion", metavar="ID", help="score this champion only (cha_... or its key)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"] and options["champion"]:
            raise CommandError("--all and --champion exclude each other.")
        run = _run(options)
        self.stdout.write(" ".join(f"{name}={count}" for name, count in run.counts.items()))


def _run(options: dict[str, Any]) -> ScoringRun:
    only = [champion(options["champion"]).pk] if options["champion"] else None
    at = options["at"] or timezone.now()
    with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("Scoring", total=None)
        return score_readiness(
            at=at,
            everybody=options["all"],
            champion_ids=only,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
