"""Celery entry points of the advocacy floor, one module a noun; each loads by id and calls one action."""

from advocacy.tasks import asking, attribution, readiness

__all__ = ["asking", "attribution", "readiness"]
