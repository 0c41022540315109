"""Events that a consumer could not handle, put aside: a person has them tried again or lets them go."""

from __future__ import annotations

from django.db import transaction

from clg.errors import Conflict
from clg.events.consumers import handler_of
from clg.models import ConsumerFailure
from clg.security_log import log_security


class FailureGone(Conflict):
    """Somebody has settled this failure meanwhile."""

    code = "failure_gone"


class FailedAgain(Conflict):
    """The consumer still cannot handle the event."""

    code = "failed_again"


def retry_failure(*, failure: ConsumerFailure) -> None:
    """Hand the event to its consumer once more; what works is done and forgotten in one transaction.

    Raises `FailedAgain`, `FailureGone`.
    """
    try:
        with transaction.atomic():
            row = _locked(failure)
            handler_of(row.consumer.name)([row.event])
            _settle(row, "retried")
    except Conflict:
        raise
    except Exception as error:
        raise FailedAgain(f"It failed again: {type(error).__name__}. Nothing was changed.") from error


@transaction.atomic
def skip_failure(*, failure: ConsumerFailure) -> None:
    """Let the event go: this consumer will never handle it. Raises `FailureGone`."""
    _settle(_locked(failure), "skipped")


def _locked(failure: ConsumerFailure) -> ConsumerFailure:
    rows = ConsumerFailure.objects.select_for_update(of=("self",)).select_related("consumer", "event")
    row = rows.filter(pk=failure.pk).first()
    if row is None:
        raise FailureGone("Somebody has settled this failure meanwhile.")
    return row


def _settle(row: ConsumerFailure, how: str) -> None:
    log_security(f"event.{how}", object_type=row.consumer.name, object_id=row.event.name_outside)
    row.delete()
