"""What time does to asks and grants, in the background."""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.utils import timezone

from advocacy.actions import answering, grant_expiry, takedown
from clg.logs import get_logger

_LIMIT_SECONDS: Final = 600
_log = get_logger("advocacy.asking")


@shared_task(
    name="advocacy.expire_asks", soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 30, ignore_result=True
)
def expire_asks() -> None:
    """Withdraws what was reserved and never sent."""
    _log.info("expired_asks", count=answering.expire_reservations(at=timezone.now()))


@shared_task(
    name="advocacy.expire_grants", soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 30, ignore_result=True
)
def expire_grants() -> None:
    """Ends grants whose term is over; opens takedowns."""
    _log.info("expired_grants", count=grant_expiry.expire_grants(at=timezone.now()))


@shared_task(
    name="advocacy.announce_grant_expiry",
    soft_time_limit=_LIMIT_SECONDS,
    time_limit=_LIMIT_SECONDS + 30,
    ignore_result=True,
)
def announce_grant_expiry() -> None:
    """Tells of the ends that come."""
    _log.info("announced_grants", count=grant_expiry.announce_grant_expiry(at=timezone.now()))


@shared_task(
    name="advocacy.chase_takedowns", soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 30, ignore_result=True
)
def chase_takedowns() -> None:
    """Escalates takedowns that are overdue."""
    _log.info("chased_takedowns", count=takedown.chase_takedowns(at=timezone.now()))
