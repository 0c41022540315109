"""Celery entry points of the accounts floor."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.actions.received import forget_sync_records as forget
from clg.logs import get_logger

_log = get_logger("accounts.tasks")


@shared_task(name="accounts.forget_sync_records", soft_time_limit=300, time_limit=360)
def forget_sync_records() -> None:
    """Delete conflicts and figures of the sync that nobody needs any more."""
    _log.info("forgot", counts=forget(at=timezone.now()))
