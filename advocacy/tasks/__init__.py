"""Celery entry points of the advocacy floor, one module a noun; each loads by id and calls one action."""

from advocacy.tasks import attribution, readiness

__all__ = ["attribution", "readiness"]
