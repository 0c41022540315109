"""Close every encrypted column with the newest of FIELD_KEYS; then the older keys may go."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import CommandError

from clg.closed import rotate_all
from clg.commands import AuditedCommand
from clg.security_log import log_security


class Command(AuditedCommand):
    """security 11.1."""

    help = "Re-encrypts secrets at rest with the newest of FIELD_KEYS; a second run changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changed = rotate_all()
        except InvalidToken:
            raise CommandError("A value was closed with a key that is not in FIELD_KEYS; put that key back.") from None
        log_security("keys.rotated", actor="command:rotate_keys", data={"rows": changed})
        lines = "\n".join(f"{name}: {count:,} rows" for name, count in changed.items())
        self.stdout.write(json.dumps(changed) if options["json"] else lines)
