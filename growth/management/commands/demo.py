"""`manage.py demo`: the made-up tenant on the screen. What `make demo` runs."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from advocacy.tasks.attribution import attribute_changes_task
from advocacy.tasks.readiness import score_readiness
from clg.actions.delivery import deliver_due
from clg.errors import Conflict, DomainError
from clg.health import has_foreign_migrations, has_unapplied_migrations
from clg.management.commands.serve import services_folder
from clg.processes import Crew
from clg.serving import Site
from growth.demo.load.tenant import is_loaded
from growth.demo.progress import progress_at
from growth.demo.receiver import receiving
from growth.demo.seed import Seed
from growth.demo.tour import first_stops
from growth.management.commands.seed_demo import Command as SeedDemo

# When the jobs are not done by then the pages are shown all the same, and they go on.
PATIENCE_SECONDS = 600
# Counting is cheap, yet the workers need the machine more.
LOOK_SECONDS = 1.0
PING_SECONDS = 5.0


class Command(SeedDemo):
    help = "Migrate, load the demo tenant once, serve it with its worker and beat, and say where to look."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or None, help="8000 or the next free")

    def handle(self, *args: Any, **options: Any) -> None:
        seed = Seed(options["seed"], options["at"] or timezone.now(), options["scale"])
        site = Site(services_folder(), self._say)
        try:
            self._migrate()
            if not is_loaded(seed):
                self._load(seed)
            with receiving(self._say):
                site.serve(options["port"], lambda crew, address: self._welcome(crew, address, seed))
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _migrate(self) -> None:
        if has_foreign_migrations():
            raise Conflict("This demo was set up by another version of CLG. Start afresh: make demo-reset")
        if not has_unapplied_migrations():
            return
        self._say("Setting up the database ...")
        started = time.monotonic()
        call_command("migrate", verbosity=1, stdout=_Lines(self._show_line))
        self._show_line("")
        self._say(f"The database is set up ({time.monotonic() - started:.0f} s).")

    def _welcome(self, crew: Crew, address: str, seed: Seed) -> None:
        if self._wait_for_jobs(crew):
            self._say(f"\nCLG is running at {address}/ with the made-up company Corvane.\n")
            self._print_logins(seed)
            self._say("\nLook first at")
            for number, (what, path) in enumerate(first_stops(), 1):
                self._say(f"  {number}. {what}\n     {address}{path}")
            self._say(f"\nLogs: {crew.logs}   Stop: Ctrl-C   Start afresh: make demo-reset\n")
        connection.close()

    def _wait_for_jobs(self, crew: Crew) -> bool:
        """Wait until the worker has scored and attributed; return False when told to stop."""
        if progress_at(timezone.now()).is_done:
            return True
        # Endpoints hear what happens once they have answered their ping.
        deliver_due(clock=timezone.now, seconds=PING_SECONDS)
        self._say("Scoring and attributing in the background ...")
        # Beat sends these too; this is their first turn, at once.
        score_readiness.delay()
        attribute_changes_task.delay()
        started = looked = time.monotonic()

        def is_done() -> bool:
            nonlocal looked
            if time.monotonic() - looked < LOOK_SECONDS:
                return False
            looked = time.monotonic()
            progress = progress_at(timezone.now())
            self._show_line(f"  {progress}")
            return progress.is_done or looked - started > PATIENCE_SECONDS

        finished = crew.watch(is_done)
        self._show_line("")
        if finished and not progress_at(timezone.now()).is_done:
            self._say(f"Not everything is computed yet, it goes on behind the pages; the worker's log: {crew.logs}")
        return finished

    def _show_line(self, text: str) -> None:
        """One line that changes on a terminal; nothing in a log."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{text:<100}" if text else f"\r{'':<100}\r", ending="")
            self.stderr.flush()

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


class _Lines:
    """A stream that hands on each piece of text, for commands that tell how far they are."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self.show = show

    def write(self, text: str) -> None:
        if text.strip():
            self.show(f"  {text.strip()}"[:100])

    def flush(self) -> None:
        """Nothing is kept back."""
