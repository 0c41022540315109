"""Block an API client from its next request on."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.actions.source import disable_api_client
from accounts.models import ApiClient
from clg.commands import AuditedCommand


class Command(AuditedCommand):
    """crm-sync 15."""

    help = "Disables an API client by its client_id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client_id")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        client = ApiClient.objects.filter(client_id=options["client_id"]).first()
        if client is None:
            raise CommandError("There is no client of this id.")
        changed = disable_api_client(client=client, by="command:disable_api_client")
        line = "disabled: 1" if changed else "disabled: 0 (it was already)"
        told = {"client_id": client.client_id, "disabled": int(changed)}
        self.stdout.write(json.dumps(told) if options["json"] else line)
