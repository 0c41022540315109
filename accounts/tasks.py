"""Celery entry points of the accounts floor. The work is rows in PostgreSQL; whichever tick comes next goes on."""

from __future__ import annotations

import time
from typing import Final

from celery import shared_task
from django.utils import timezone

from accounts.actions.import_job import RUN_IMPORTS, purge_imports
from accounts.actions.import_work import take_import, work_on
from accounts.actions.received import forget_sync_records as forget
from clg.events.waking import wake_on_commit
from clg.logs import get_logger

_log = get_logger("accounts.tasks")
# Well inside the time limit of a task; the next one goes on at the checkpoint.
SECONDS_AT_ONCE: Final = 300.0


@shared_task(name=RUN_IMPORTS)
def run_imports() -> None:
    """Import jobs whose turn it is, one after the other."""
    ends = time.monotonic() + SECONDS_AT_ONCE
    while (job := take_import(at=timezone.now())) is not None:
        work_on(job, until=lambda: time.monotonic() > ends)
        _log.info("imported", object_id=job.name_outside, code=job.state, counts=job.counts)
        if time.monotonic() > ends:
            wake_on_commit(RUN_IMPORTS)
            return


@shared_task(name="accounts.purge_imports")
def purge_old_imports() -> None:
    """Uploads and results past their days."""
    _log.info("purged imports", counts=purge_imports(at=timezone.now()))


@shared_task(name="accounts.forget_sync_records", soft_time_limit=300, time_limit=360)
def forget_sync_records() -> None:
    """Delete conflicts and figures of the sync that nobody needs any more."""
    _log.info("forgot", counts=forget(at=timezone.now()))
