"""One round of the outbox by hand: number the events, let every consumer read."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from clg.commands import AuditedCommand
from clg.events.sweep import run_round
from clg.schedule import SWEEP_SECONDS


class Command(AuditedCommand):
    help = "Number the outbox and run its consumers; --once does one round and prints the counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            self.stdout.write(json.dumps(run_round().as_json()))
            if options["once"]:
                return
            time.sleep(SWEEP_SECONDS)
