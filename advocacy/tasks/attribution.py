"""Computing credit in the background. The work is rows in PostgreSQL; whichever tick comes next goes on with it."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from advocacy.actions.attribution import attribute_changes, continue_run, finish_run, start_run
from advocacy.choices import RunKind
from advocacy.models import AttributionRun
from clg.events.origin import Origin, caused_by

_log = logging.getLogger(__name__)


@shared_task(name="advocacy.attribute_changes")
def attribute_changes_task() -> None:
    """Unfinished runs, then what changed."""
    with caused_by(Origin(kind="task", actor="advocacy.attribute_changes")):
        run = attribute_changes(at=timezone.now())
    _note(run)


@shared_task(name="advocacy.continue_run")
def continue_run_task(run_id: int) -> None:
    """Work on one run, unless somebody does or older ones come first."""
    with caused_by(Origin(kind="task", actor="advocacy.continue_run")):
        run = continue_run(run=AttributionRun.objects.get(pk=run_id), at=timezone.now())
    _note(run)


@shared_task(name="advocacy.attribution_nightly")
def attribution_nightly_task() -> None:
    """A full run: the ledger as the rows say, whatever the marks missed."""
    at = timezone.now()
    with caused_by(Origin(kind="task", actor="advocacy.attribution_nightly")):
        run = start_run(kind=RunKind.FULL, at=at)
        if run is not None:
            run = finish_run(run=run, at=at)
    _note(run)


def _note(run: AttributionRun | None) -> None:
    if run is not None:
        _log.info("attribution run", extra={"run": run.pk, "kind": run.kind, "status": run.status})
