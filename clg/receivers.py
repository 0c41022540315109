"""What the ground floor listens to."""

from __future__ import annotations

from typing import Any

from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest

from clg.logs import get_logger
from clg.middleware import route_of

_log = get_logger("clg.defect")


@receiver(got_request_exception, dispatch_uid="clg.log_defect")
def log_defect(sender: object, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """A defect of ours becomes one log line: class, text and places, under the request's id."""
    _log.error("unhandled exception", route=route_of(request) if request else "", exc_info=True)
