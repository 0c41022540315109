"""Whether this process lives and may be given work. No versions, no names of machines."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clg.models import SweepTick

SWEEPER_SILENT_AFTER = dt.timedelta(minutes=2)


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nobody else."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 without the database or its migrations. A silent sweeper is 200 `degraded`: requests are served and kept,
    what they wake waits, so taking every web process away for it would make an outage of a delay."""
    checks = _checks(timezone.now())
    healthy = checks["database"] and checks["migrations"]
    status = "ok" if all(checks.values()) else ("degraded" if healthy else "unavailable")
    body = {"status": status, "checks": {name: "ok" if good else "failed" for name, good in checks.items()}}
    return JsonResponse(body, status=200 if healthy else 503)


def _checks(at: dt.datetime) -> dict[str, bool]:
    try:
        return {
            "database": True,
            "migrations": not has_unapplied_migrations(),
            "sweeper": SweepTick.objects.filter(job="clg.sweep", claimed_at__gte=at - SWEEPER_SILENT_AFTER).exists(),
        }
    except DatabaseError:
        return {"database": False, "migrations": False, "sweeper": False}


def has_unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def has_foreign_migrations() -> bool:
    """The database knows steps of our own apps that are not on disk: another state of this software made it."""
    loader = MigrationLoader(connection)
    ours = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    return any(step[0] in ours and step not in loader.disk_migrations for step in loader.applied_migrations)
