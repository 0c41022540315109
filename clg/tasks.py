"""Celery entry points of the ground floor."""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.utils import timezone

from clg.actions.delivery import deliver_due
from clg.audit_trail import write_digests
from clg.events import sweep as sweeping
from clg.invariants import look_at_all
from clg.logs import get_logger
from clg.security_log import log_security

DELIVER_SECONDS: Final = 240

_log = get_logger("clg.tasks")


@shared_task(name="clg.sweep", soft_time_limit=60, time_limit=90)
def sweep() -> None:
    """One round of the sweeper, unless this tick has been claimed already."""
    found = sweeping.sweep(at=timezone.now())
    if found and (found.numbered or any(found.handled.values()) or any(found.worked.values())):
        _log.info("swept", counts=found.as_json())


@shared_task(name="clg.run_consumers", soft_time_limit=300, time_limit=360)
def run_consumers() -> None:
    """Woken on commit of an event: number and read at once, without waiting for the sweeper."""
    found = sweeping.run_round()
    _log.info("consumers ran", counts=found.as_json())


@shared_task(name="clg.deliver_webhooks", soft_time_limit=300, time_limit=330)
def deliver_webhooks() -> None:
    """Woken on commit of a delivery: call what is due until nothing is, or until others should have a turn."""
    count = deliver_due(clock=timezone.now, seconds=DELIVER_SECONDS)
    _log.info("webhooks delivered", counts=count)


@shared_task(name="clg.purge", soft_time_limit=600, time_limit=660)
def purge() -> None:
    """Delete what nobody needs any more."""
    _log.info("purged", counts=sweeping.purge(at=timezone.now()))


@shared_task(name="clg.write_digests", soft_time_limit=600, time_limit=660)
def digest_audit_trail() -> None:
    """Hash what the audit trail holds of the days that ended."""
    _log.info("digested", counts=write_digests(at=timezone.now()))


@shared_task(name="clg.check_invariants", soft_time_limit=1800, time_limit=1860)
def check_invariants() -> None:
    """Prove what must always hold. A breach is an error line and a row of the security log."""
    report = look_at_all(at=timezone.now())
    broken = {check["id"]: check["breaches"] for check in report["checks"] if check["breaches"]}
    if broken:
        _log.error("invariants broken", counts=broken)
        log_security("invariants.broken", result="failed", data=broken)
