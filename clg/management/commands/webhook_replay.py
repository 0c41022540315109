"""Send a range of events once more to one endpoint."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from clg import codes
from clg.actions.webhook import replay_range
from clg.commands import AuditedCommand
from clg.errors import DomainError
from clg.models import WebhookEndpoint


class Command(AuditedCommand):
    help = "Send the events between two positions of the change feed again to an endpoint; prints how many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--endpoint", required=True, help="whe_...")
        parser.add_argument("--from", dest="first", type=int, required=True, help="first position")
        parser.add_argument("--to", dest="last", type=int, required=True, help="last position")

    def handle(self, *args: Any, **options: Any) -> None:
        key = codes.decode(WebhookEndpoint.PUBLIC_PREFIX, options["endpoint"])
        endpoint = WebhookEndpoint.objects.known_by([key]).first() if key else None
        if endpoint is None:
            raise CommandError(f"There is no endpoint {options['endpoint']}.")
        try:
            count = replay_range(endpoint=endpoint, first=options["first"], last=options["last"], by="webhook_replay")
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(json.dumps({"endpoint": endpoint.name_outside, "deliveries": count}))
