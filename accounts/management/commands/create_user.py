"""Invite a person of ours with roles."""

from __future__ import annotations

import getpass
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.user import create_user
from accounts.choices import Role
from clg.commands import AuditedCommand
from clg.errors import DomainError


class Command(AuditedCommand):
    """security 2. The password is asked for, or read as one line from standard input; without one they reset it."""

    help = "Creates a user with one or more roles."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", nargs="+", required=True, choices=Role.values)
        parser.add_argument("--name", default="")
        parser.add_argument("--team", default="")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--ask-password", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = create_user(
                email=options["email"],
                roles=options["role"],
                name=options["name"],
                team=options["team"],
                password=_password(options),
                by="command:create_user",
            )
        except DomainError as problem:
            raise CommandError(problem.message) from problem
        made = {"id": user.name_outside, "email": user.email, "roles": sorted(options["role"])}
        self.stdout.write(json.dumps(made) if options["json"] else f"{user.email}: {', '.join(made['roles'])}")


def _password(options: dict[str, Any]) -> str | None:
    if options["password_stdin"]:
        return sys.stdin.readline().rstrip("\n") or None
    return getpass.getpass() if options["ask_password"] else None
