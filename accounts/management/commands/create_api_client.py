"""Create an OAuth client for a source; its secret is printed once."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.source import create_api_client
from accounts.models import CrmSource
from clg.commands import AuditedCommand


class Command(AuditedCommand):
    """crm-sync 15."""

    help = "Creates an API client with scopes and prints its id and, this once, its secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True)
        parser.add_argument("--scopes", required=True, help='such as "accounts:write attribution:read"')
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        source = CrmSource.objects.filter(slug=options["source"]).first()
        if source is None:
            raise CommandError(f"There is no source {options['source']}.")
        made = create_api_client(
            source=source, name=options["name"], scopes=options["scopes"].split(), by="command:create_api_client"
        )
        told = {"client_id": made.client.client_id, "client_secret": made.secret, "scopes": made.client.allowed_scopes}
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"client_id      {told['client_id']}")
        self.stdout.write(f"client_secret  {told['client_secret']}   (shown this once)")
