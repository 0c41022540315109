"""After a restore: cursors and positions of before the restore may name other events now, so readers start again."""

from __future__ import annotations

import json
from typing import Any

from clg.commands import AuditedCommand
from clg.events.feed import start_epoch


class Command(AuditedCommand):
    help = "Begin a new epoch of the change feed, part of every restore; cursors of before answer 410."

    def handle(self, *args: Any, **options: Any) -> None:
        place = start_epoch()
        self.stdout.write(json.dumps({"epoch": str(place.epoch), "last_position": place.position}))
