"""One migrated database that every test process copies: migrating costs seconds of processor, copying a tenth."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).parents[1]
PREFIX = "clg_tests_"
# Any number: test processes that start together wait for the first of them.
LOCK = 7_260_101


def use_template() -> None:
    """Have Django make its test databases from a migrated one; migrate that only when a migration has changed."""
    name = f"{PREFIX}{_fingerprint()}"
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if name not in _templates(cursor):
            _make(cursor, name)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def _fingerprint() -> str:
    """What the schema hangs on: our migrations, the SQL beside them, the packages that bring migrations."""
    digest = hashlib.sha256()
    files = [ROOT / "requirements" / "base.txt"]
    for app in ("clg", "accounts", "advocacy", "referrals", "growth"):
        files += [*(ROOT / app / "migrations").rglob("*.py"), *(ROOT / app).rglob("*.sql")]
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _templates(cursor: Any) -> set[str]:
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
    return {name for (name,) in cursor.fetchall()}


def _make(cursor: Any, name: str) -> None:
    """Migrate a draft and rename it when it is whole; older ones go."""
    for old in _templates(cursor):
        cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
    draft = f"{PREFIX}draft"
    cursor.execute(f'CREATE DATABASE "{draft}"')
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = draft
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
    cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
