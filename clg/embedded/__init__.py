"""The embedded PostgreSQL and Valkey of demo, development and tests: where they listen."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path


def postgres_socket_dir(folder: Path) -> Path:
    """A short private folder, the same for the same project folder: Unix socket paths end at 107 bytes."""
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    return Path("/tmp") / f"clg-{os.getuid()}-{name}"  # noqa: S108 - made 0700 and checked by the supervisor


def postgres_url(folder: Path, name: str) -> str:
    return f"postgres://clg@{str(postgres_socket_dir(folder)).replace('/', '%2F')}/{name}"


def broker_url(folder: Path) -> str:
    return f"redis+socket://{postgres_socket_dir(folder)}/valkey.sock?virtual_host=0"


def is_needed(environ: Mapping[str, str]) -> bool:
    """Whether a service must be started here, because no URL names another."""
    return "DATABASE_URL" not in environ or "CELERY_BROKER_URL" not in environ
