"""`manage.py load_scenario FILE`: load a small world from a JSON file; see `advocacy/actions/scenario.py`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from advocacy.actions.scenario import load_scenario
from clg.commands import AuditedCommand
from clg.errors import DomainError
from clg.events.origin import Origin, caused_by


class Command(AuditedCommand):
    help = "Load accounts, contacts, deals, rates, activities and encounters from one JSON file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            scenario = json.loads(options["file"].read_text())
            with caused_by(Origin(kind="command", actor="load_scenario", source="scenario")):
                loaded = load_scenario(scenario=scenario, at=timezone.now())
        except (OSError, ValueError) as error:
            raise CommandError(f"Could not read the file: {error}", returncode=2) from error
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        self.stdout.write(json.dumps(loaded) if options["json"] else _sentence(loaded))


def _sentence(loaded: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in loaded.items()) or "Nothing in the file."
