"""End a person's sessions and block their sign-in."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.user import disable_user
from accounts.models import User
from clg.commands import AuditedCommand


class Command(AuditedCommand):
    """security 2: users are disabled, never deleted."""

    help = "Disables a user by email address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.addressed([options["email"]]).first()
        if user is None:
            raise CommandError("There is no user of this address.")
        changed = disable_user(user=user, by="command:disable_user")
        self.stdout.write("disabled: 1" if changed else "disabled: 0 (they were already)")
