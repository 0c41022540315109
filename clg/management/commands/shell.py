"""Django's `shell`: what somebody changes there names it in history and outbox."""

from __future__ import annotations

from django.core.management.commands.shell import Command as Shell

from clg.commands import AuditedCommand


class Command(AuditedCommand, Shell):
    pass
