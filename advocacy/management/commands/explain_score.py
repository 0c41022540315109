"""Explain one champion's readiness; writes nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from advocacy.management.arguments import champion, moment
from advocacy.readiness.explain import Explained, explain_champion
from clg.commands import AuditedCommand


class Command(AuditedCommand):
    help = "Explains the readiness of one champion: parts, coverage, confidence and what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--champion", metavar="ID", required=True, help="cha_... or its key")
        parser.add_argument("--at", type=moment, help="moment to explain, RFC 3339 (now)")
        parser.add_argument("--json", action="store_true", help="one JSON object, keys as in the API")

    def handle(self, *args: Any, **options: Any) -> None:
        explained = explain_champion(champion(options["champion"]), at=options["at"] or timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(explained, indent=2))
            return
        for line in _lines(explained):
            self.stdout.write(line)


def _lines(explained: Explained) -> list[str]:
    readiness = explained["readiness"]
    head = (
        f"{explained['id']}: readiness {readiness['score'] or '-'} ({readiness['band']}),"
        f" coverage {readiness['coverage']} %, confidence {readiness['confidence']} %,"
        f" week of {readiness['scored_week']}, weights v{readiness['model_version']}"
    )
    parts = [
        f"  {part['points']:>6}  {part['kind']}: value {part['value']}, weight {part['weight']},"
        f" decay {part['decay']} ({part['origin']})"
        for part in readiness["parts"]
    ]
    missing = [f"       -  {kind['kind']}: no signal, weight {kind['weight']}" for kind in readiness["missing"]]
    return [head, *parts, *missing]
