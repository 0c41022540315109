"""Computing credit in the background. The work is rows in PostgreSQL; whichever tick comes next goes on with it."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from advocacy.actions.attribution import attribute_changes, continue_run, finish_run, start_nightly_run
from advocacy.models import AttributionRun
from clg.logs import get_logger

_log = get_logger("advocacy.attribution")


@shared_task(name="advocacy.attribute_changes")
def attribute_changes_task() -> None:
    """Unfinished runs, then what changed."""
    _note(attribute_changes(at=timezone.now()))


@shared_task(name="advocacy.continue_run")
def continue_run_task(run_id: int) -> None:
    """Work on one run, unless somebody does or older ones come first."""
    _note(continue_run(run=AttributionRun.objects.get(pk=run_id), at=timezone.now()))


@shared_task(name="advocacy.attribution_nightly")
def attribution_nightly_task() -> None:
    """A full run: the ledger as the rows say, whatever the marks missed."""
    at = timezone.now()
    run = start_nightly_run(at=at)
    _note(run and finish_run(run=run, at=at))


def _note(run: AttributionRun | None) -> None:
    if run is not None:
        _log.info("attribution run", object_type=f"{run.kind}_run", object_id=run.name_outside, code=run.status)
