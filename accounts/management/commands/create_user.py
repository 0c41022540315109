"""Invite a person of ours with roles."""

from __future__ import annotations

import getpass
import json
import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.user import create_user
from accounts.choices import Role
from clg.commands import AuditedCommand
from clg.errors import DomainError

PASSWORD_BYTES = 18


class Command(AuditedCommand):
    """security 3.6. The password is made and printed once, asked for, read from standard input, or left to a reset."""

    help = "Creates a user with one or more roles."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", nargs="+", required=True, choices=Role.values)
        parser.add_argument("--name", default="")
        parser.add_argument("--team", default="")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--ask-password", action="store_true")
        parser.add_argument("--no-password", action="store_true", help="they set one by the link of a reset")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        made_up = not (options["password_stdin"] or options["ask_password"] or options["no_password"])
        password = secrets.token_urlsafe(PASSWORD_BYTES) if made_up else _password(options)
        try:
            user = create_user(
                email=options["email"],
                roles=options["role"],
                name=options["name"],
                team=options["team"],
                password=password,
                by="command:create_user",
            )
        except DomainError as problem:
            raise CommandError(problem.message) from problem
        roles = sorted(options["role"])
        made: dict[str, Any] = {"id": user.name_outside, "email": user.email, "roles": roles}
        made |= {"password": password} if made_up else {}
        line = f"{user.email}: {', '.join(roles)}" + (f"\npassword  {password}   (shown this once)" * made_up)
        self.stdout.write(json.dumps(made) if options["json"] else line)


def _password(options: dict[str, Any]) -> str | None:
    if options["password_stdin"]:
        return sys.stdin.readline().rstrip("\n") or None
    return getpass.getpass() if options["ask_password"] else None
