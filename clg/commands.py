"""The base of every management command: what it changes names the command."""

from __future__ import annotations

from typing import Any

import pghistory
from django.core.management.base import BaseCommand

from clg.events.origin import Origin, caused_by, current_origin
from clg.logs import logs_aside


class AuditedCommand(BaseCommand):
    """A command whose changes carry its name in history and outbox: of commands that call commands the outer one's."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        if current_origin().kind == "command":
            return super().execute(*args, **options)
        name = type(self).__module__.rsplit(".", 1)[-1]
        with logs_aside(), pghistory.context(command=name), caused_by(Origin(kind="command", actor=name)):
            return super().execute(*args, **options)
