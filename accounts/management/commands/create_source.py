"""Create an outside system that writes accounts, contacts and opportunities."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from accounts.actions.source import create_source
from accounts.choices import SourceKind, SourceOrdering
from clg.commands import AuditedCommand
from clg.errors import DomainError


class Command(AuditedCommand):
    """crm-sync 15."""

    help = "Creates a source (rank: the next free one)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--kind", required=True, choices=SourceKind.values)
        parser.add_argument("--ordering", default=SourceOrdering.UPDATED_AT, choices=SourceOrdering.values)
        parser.add_argument("--name", default="")
        parser.add_argument("--rank", type=int)
        parser.add_argument("--currency", default="", help="of amounts that name none")
        parser.add_argument("--time-zone", default="UTC")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {key: options[key] for key in ("slug", "kind", "ordering", "name", "rank", "currency", "time_zone")}
        try:
            source = create_source(**wanted, by="command:create_source")
        except DomainError as problem:
            raise CommandError(problem.message) from problem
        except ValidationError as problem:
            raise CommandError("; ".join(problem.messages)) from problem
        made = {"id": source.name_outside, "slug": source.slug, "kind": source.kind, "rank": source.rank}
        line = f"Source {source.slug} ({source.kind}), rank {source.rank}"
        self.stdout.write(json.dumps(made) if options["json"] else line)
