"""Create an OAuth client for a source; its secret is printed once."""

from __future__ import annotations

import datetime as dt
import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.source import NewClient, create_api_client
from accounts.api.scopes import SCOPES
from accounts.models import CrmSource
from clg.commands import AuditedCommand
from clg.errors import DomainError


class Command(AuditedCommand):
    """crm-sync 15."""

    help = "Creates an API client with scopes and prints its id and, this once, its secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True)
        parser.add_argument("--scopes", required=True, help='such as "accounts:write attribution:read"')
        parser.add_argument("--ip-ranges", default="", help='such as "203.0.113.0/24 2001:db8::/32"')
        parser.add_argument("--expires-at", type=_moment, help="RFC 3339 with offset; without it there is no end")
        parser.add_argument(
            "--batch-status",
            type=int,
            choices=(207, 200),
            default=207,
            help="200 for tools that fail at 207",
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        source = CrmSource.objects.filter(slug=options["source"]).first()
        if source is None:
            raise CommandError(f"There is no source {options['source']}.")
        unknown = sorted(set(options["scopes"].split()) - set(SCOPES))
        if unknown:
            raise CommandError(f"There is no scope {', '.join(unknown)}. Known: {', '.join(SCOPES)}.")
        made = self._made(source, options)
        told = {"client_id": made.client.client_id, "client_secret": made.secret, "scopes": made.client.allowed_scopes}
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"client_id      {told['client_id']}")
        self.stdout.write(f"client_secret  {told['client_secret']}   (shown this once)")

    def _made(self, source: CrmSource, options: dict[str, Any]) -> NewClient:
        try:
            return create_api_client(
                source=source,
                name=options["name"],
                scopes=options["scopes"].split(),
                ip_ranges=options["ip_ranges"].split(),
                expires_at=options["expires_at"],
                batch_status=options["batch_status"],
                by="command:create_api_client",
            )
        except DomainError as problem:
            raise CommandError(problem.message) from problem


def _moment(text: str) -> dt.datetime:
    """Raises `ArgumentTypeError` for anything but a moment with its offset."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("Enter a moment such as 2027-01-01T00:00:00Z.") from None
    if moment.tzinfo is None:
        raise ArgumentTypeError("A moment needs its offset, such as 2027-01-01T00:00:00Z.")
    return moment
