"""What an entry point does before Django's first query: hold the embedded services where no URL names others."""

from __future__ import annotations

import os

from django.conf import settings

from clg import embedded

# Held until this process ends; the kernel gives it back on any death.
_leases: list[embedded.Lease] = []


def hold_services() -> None:
    """Start or share PostgreSQL and Valkey of this installation; nothing in production, where URLs are set."""
    folder = getattr(settings, "SERVICES_DIR", None)
    if folder is None or _leases:
        return
    lease = embedded.acquire_needed(folder, durable=settings.SERVICES_DURABLE, environ=os.environ)
    if lease is not None:
        _leases.append(lease)
