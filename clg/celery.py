"""Celery only wakes somebody up: the work is a row in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clg.settings.local")

app = Celery("clg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
