"""Starting and continuing computations of credit. What they compute is in `advocacy/attribution/`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import connection, transaction

from accounts.models import User
from advocacy.attribution import runs
from advocacy.attribution.runs import Progress
from advocacy.choices import Cause, RunKind
from advocacy.models import AttributionModel, AttributionRun
from advocacy.waking import wake_attribution
from clg.events.sweep import claim_tick

MARK_DEALS = """
    INSERT INTO advocacy_attributiondirty (opportunity_id, cause) SELECT unnest(%s::bigint[]), %s
"""


def start_run(
    *, kind: str, at: dt.datetime, models: Iterable[AttributionModel] = (), by: str = "system"
) -> AttributionRun | None:
    """Queue a run of kind changes, full or model (for `models` only); `continue_run` works on it.

    An equal run that waits already is given back; so is the changes run that is running; None when a changes run
    would have nothing to do. `by` is whoever asked: `user:3`, `command`.
    """
    run: AttributionRun | None = runs.open_run(kind=kind, models=models, requested_by=by, at=at)
    return run


@transaction.atomic
def request_run(
    *, kind: str, by: User, at: dt.datetime, models: Iterable[AttributionModel] = ()
) -> AttributionRun | None:
    """A person asks for a run: queued as by `start_run`, with the worker woken for it."""
    run = start_run(kind=kind, models=models, by=f"user:{by.pk}", at=at)
    if run is not None:
        wake_attribution()
    return run


@transaction.atomic
def start_nightly_run(*, at: dt.datetime) -> AttributionRun | None:
    """The full run of this night; None for whoever comes second, as a second beat does."""
    if not claim_tick("advocacy.attribution_nightly", at=at, seconds=86_400):
        return None
    return start_run(kind=RunKind.FULL, at=at)


def continue_run(*, run: AttributionRun, at: dt.datetime, progress: Progress | None = None) -> AttributionRun:
    """Work on a run until it is finished, unless somebody else does: claim it, or take it over when it is stalled."""
    attempt = runs.claim(run.pk, at) or runs.take_over(run.pk)
    if attempt is not None:
        runs.work(run.pk, attempt, progress)
    run.refresh_from_db()
    return run


def finish_run(*, run: AttributionRun, at: dt.datetime, progress: Progress | None = None) -> AttributionRun:
    """Work until this run is finished, on those queued before it too; stops where another worker is busy."""
    while run.status in runs.UNFINISHED:
        first = runs.unfinished()
        worked = continue_run(run=first, at=at, progress=progress) if first else run
        if worked.status in runs.UNFINISHED:
            return worked
        run.refresh_from_db()
    return run


def attribute_changes(
    *, at: dt.datetime, by: str = "system", progress: Progress | None = None
) -> AttributionRun | None:
    """Everything that waits: unfinished runs first, then the changes. None when nothing waits.

    The run of the changes, or the one that another worker is busy with.
    """
    last = None
    while (waiting := runs.unfinished()) is not None:
        last = finish_run(run=waiting, at=at, progress=progress)
        if last.status in runs.UNFINISHED:
            return last
    run = start_run(kind=RunKind.CHANGES, at=at, by=by)
    return last if run is None else finish_run(run=run, at=at, progress=progress)


def mark_deals(opportunity_ids: Iterable[int]) -> None:
    """Have these deals matched and allocated anew by the next changes run."""
    with connection.cursor() as cursor:
        cursor.execute(MARK_DEALS, [sorted(opportunity_ids), Cause.FULL])
