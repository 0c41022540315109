"""Embedded PostgreSQL and Valkey for the demo, development and tests: started on demand, gone with their users.

    lease = acquire(BASE_DIR / ".services" / "demo", durable=True)

Standard library only, nothing of Django: the supervisor loads this package on its own.
"""

from .errors import EmbeddedError
from .lease import (
    Lease,
    acquire,
    acquire_needed,
    broker_is_needed,
    is_needed,
    postgres_is_needed,
)
from .places import broker_url, postgres_socket_dir, postgres_url

__all__ = [
    "EmbeddedError",
    "Lease",
    "acquire",
    "acquire_needed",
    "broker_is_needed",
    "broker_url",
    "is_needed",
    "postgres_is_needed",
    "postgres_socket_dir",
    "postgres_url",
]
