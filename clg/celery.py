"""Celery only wakes somebody up: the work is a row in PostgreSQL."""

from __future__ import annotations

import os
from typing import Any

import pghistory
import structlog
from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import setup_logging

from clg.events.origin import Origin, caused_by

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clg.settings.local")


class AuditedTask(DjangoTask):
    """Every change inside a task names the task: in history, in the outbox and in the logs."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        origin = Origin(kind="task", actor=self.name)
        with (
            pghistory.context(task=self.name),
            caused_by(origin),
            structlog.contextvars.bound_contextvars(task=self.name),
        ):
            return super().__call__(*args, **kwargs)


app = Celery("clg", task_cls=AuditedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Django's LOGGING stands; Celery adds no handlers of its own."""
