"""`manage.py check_invariants`: prove what must always hold; exit 0 when it does, 1 on a breach, 2 if not run."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils import timezone

from clg.commands import AuditedCommand
from clg.invariants import Depth, look_at_all, registered


class Command(AuditedCommand):
    help = "Check the invariants of every floor, read-only, in one snapshot."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", default="", metavar="IDS", help="such as I1,I3")
        parser.add_argument("--deep", action="store_true", help="recompute everything, not a sample")
        parser.add_argument("--seed", type=int, default=1, help="chooses the sample")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        only = {part.strip() for part in options["only"].split(",") if part.strip()}
        unknown = sorted(only - {invariant.id for invariant in registered()})
        if unknown:
            raise CommandError(f"No such invariant: {', '.join(unknown)}.", returncode=2)
        try:
            report = look_at_all(at=timezone.now(), only=only, depth=Depth(options["deep"], options["seed"]))
        except DatabaseError as error:
            raise CommandError(f"Could not look: {error}", returncode=2) from error
        self.stdout.write(json.dumps(report) if options["json"] else _table(report))
        if not report["ok"]:
            raise CommandError("An invariant is broken.", returncode=1)


def _table(report: dict[str, Any]) -> str:
    rows = [
        f"{check['id']:<4} {'ok' if not check['breaches'] else 'BROKEN':<7} {check['checked']:>10,} checked"
        f" {check['breaches']:>6,} breaches {check['ms']:>7,} ms  {check['title']} {' '.join(check['sample'])}".rstrip()
        for check in report["checks"]
    ]
    return "\n".join(rows)
