"""Webhook endpoints of the demo: a client of the made-up CRM registers three made-up tools on this machine."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from accounts.actions.source import create_api_client
from accounts.models import CrmSource
from clg.actions.webhook import create_endpoint
from growth.demo import receiver

_SCOPES: Final = ("attribution:read", "champions:read", "changes:read", "source:read", "webhooks:manage")
_CREDIT: Final = ("attribution.updated", "attribution.run_completed")
_TOOLS: Final = (
    ("Data warehouse (made up)", receiver.WELL, (*_CREDIT, "champion.*", "readiness.*")),
    ("Chat bridge, always busy (made up)", receiver.BUSY, _CREDIT),
    ("Old reports, taken down (made up)", receiver.GONE, _CREDIT),
)


def load_endpoints(source: CrmSource) -> None:
    """A client and its endpoints, each with its first ping on the way; none where calls to this machine are refused."""
    if not settings.CLG_ALLOW_LOOPBACK_TARGETS:
        return
    made = create_api_client(source=source, name="Demo tools (made up)", scopes=_SCOPES, by="seed_demo")
    for description, path, types in _TOOLS:
        create_endpoint(
            owner=f"client:{made.client.pk}",
            url=receiver.address(path),
            event_types=types,
            description=description,
            by="seed_demo",
        )
