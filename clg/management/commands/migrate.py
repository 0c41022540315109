"""Django's `migrate` under our audit context: rows that migrations make name it, and it waits for no long reader."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from clg.commands import AuditedCommand

# A schema change queues for its lock before everybody who comes after it: better to fail and try again. `security` 11.6
LOCK_TIMEOUT = "2s"


class Command(AuditedCommand, Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
            try:
                super().handle(*args, **options)
            finally:
                cursor.execute("RESET lock_timeout")
