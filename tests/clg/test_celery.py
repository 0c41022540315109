"""Celery as every process of ours sees it."""

from __future__ import annotations

import subprocess
import sys


def test_a_process_that_only_sets_django_up_queues_into_our_broker():
    code = (
        "import django; django.setup();"
        "from celery import current_app; from django.conf import settings;"
        "assert current_app.conf.broker_url == settings.CELERY_BROKER_URL; print(current_app.main)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "clg"
