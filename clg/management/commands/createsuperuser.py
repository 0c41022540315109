"""Django's `createsuperuser`, for the first start only, kept in history and security log like every act."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands.createsuperuser import Command as CreateSuperuser

from clg.commands import AuditedCommand
from clg.security_log import log_security


class Command(AuditedCommand, CreateSuperuser):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        log_security("superuser.created", actor="command:createsuperuser")
