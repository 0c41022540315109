"""`manage.py serve`: every process of an installation on this machine, until Ctrl-C."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from clg.commands import AuditedCommand
from clg.errors import DomainError
from clg.processes import Crew
from clg.serving import Site


class Command(AuditedCommand):
    help = "Run web, worker, beat and sweeper here and restart what crashes. In production each is its own service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or None, help="8000 or the next free")
        parser.add_argument("--only", choices=["worker", "beat", "sweeper"], help="run this process alone")

    def handle(self, *args: Any, **options: Any) -> None:
        site = Site(services_folder(), self._say)
        try:
            if options["only"]:
                site.run_only(options["only"])
            else:
                site.serve(options["port"], self._welcome)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def _welcome(self, crew: Crew, address: str) -> None:
        self._say(f"CLG is running at {address}/ - logs in {crew.logs}, Ctrl-C stops it.")


def services_folder() -> Path:
    """Return the folder of this machine's services; production has none."""
    folder = getattr(settings, "SERVICES_DIR", None)
    if folder is None:
        raise CommandError("In production each process is a service of its own: see docs/operations.md.")
    return Path(folder)
