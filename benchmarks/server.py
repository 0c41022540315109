"""The benchmark's own PostgreSQL: embedded, durable, tuned as a small production server would be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import django
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from clg.embedded import acquire, postgres_url

FOLDER: Final = Path(__file__).resolve().parent.parent / ".services" / "bench"
DRAFT: Final = "bench_draft"
CONTROL: Final = "bench_control"
# Durable: fsync, full_page_writes and synchronous_commit stay on.
TUNED: Final = {
    "shared_buffers": "2GB",
    "effective_cache_size": "6GB",
    "work_mem": "128MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "64",
    "max_parallel_workers_per_gather": "1",
}


class Server:
    """Makes databases that already hold the schema, and points Django to one of them."""

    def __init__(self) -> None:
        self.template = f"bench_template_{_state_of_migrations()}"
        self._migrate_template()

    @contextmanager
    def database(self, name: str) -> Iterator[None]:
        """A fresh migrated database as Django's default, dropped afterwards."""
        self._use(CONTROL)
        _execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        _execute(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        self._use(name)
        try:
            yield
        finally:
            self._use(CONTROL)
            _execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _migrate_template(self) -> None:
        """The schema is made once for each state of the migrations."""
        _execute(f"DROP DATABASE IF EXISTS {CONTROL} WITH (FORCE)")
        _execute(f"CREATE DATABASE {CONTROL}")
        self._use(CONTROL)
        if _exists(self.template):
            return
        _execute(f"DROP DATABASE IF EXISTS {DRAFT} WITH (FORCE)")
        _execute(f"CREATE DATABASE {DRAFT}")
        self._use(DRAFT)
        call_command("migrate", verbosity=0)
        self._use(CONTROL)
        _execute(f"ALTER DATABASE {DRAFT} RENAME TO {self.template}")

    def _use(self, name: str) -> None:
        connections.close_all()
        connections.settings["default"]["NAME"] = name
        connections["default"].settings_dict["NAME"] = name


def _state_of_migrations() -> str:
    digest = hashlib.sha256(str(sorted(MigrationLoader(None).disk_migrations)).encode())
    for file in sorted(FOLDER.parent.parent.glob("*/migrations/*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _exists(database: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        return cursor.fetchone() is not None


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def start_server() -> Iterator[Server]:
    """Start the server, set Django up on it, stop it at the end."""
    with acquire(FOLDER, durable=True, broker=False, options=TUNED):
        os.environ["DATABASE_URL"] = postgres_url(FOLDER, "clg")
        os.environ.setdefault("CELERY_BROKER_URL", "memory://")
        os.environ["DJANGO_SETTINGS_MODULE"] = "clg.settings.local"
        django.setup()
        yield Server()
        connections.close_all()
