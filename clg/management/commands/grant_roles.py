"""Give the database roles of an installation their rights, after every migration. `docs/database-roles.md`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from clg.commands import AuditedCommand
from clg.database_roles import statements


class Command(AuditedCommand):
    help = "Grant the application's and a reader's database role what they need, and take all else. Run as the owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--app", required=True, help="role of web, workers, beat and sweeper")
        parser.add_argument("--reader", default="", help="role that only reads")
        parser.add_argument("--dry-run", action="store_true", help="print the SQL and run nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        told = [one.as_string(None) for one in statements(app=options["app"], reader=options["reader"])]
        if options["dry_run"]:
            self.stdout.write("\n".join(f"{one};" for one in told))
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for one in told:
                    cursor.execute(one)
        except DatabaseError as problem:
            raise CommandError(f"Nothing was granted: {problem}".strip()) from problem
        self.stdout.write(f"granted: {len(told)} statements")
