"""Domain errors: what went wrong in words for a person and a stable code for a program.

Doors translate them once: the API into a problem body (`clg/api/problems.py`), the admin into a message.
No HTTP words here; the status belonging to a class of error is the API's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one value. `pointer` is RFC 6901 into the body, `parameter` a query parameter."""

    code: str
    detail: str
    pointer: str = ""
    parameter: str = ""


def pointer_to(*names: object) -> str:
    """The RFC 6901 pointer to a value by the names on the way to it."""
    return "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


class DomainError(Exception):
    """Something the rules of the business refuse. `code` is stable, the message is for a person."""

    code = "refused"
    retryable = False

    def __init__(self, message: str, *, code: str = "", data: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.data = dict(data or {})


class InvalidInput(DomainError):
    """A value that cannot be accepted, field by field."""

    code = "validation_error"

    def __init__(self, message: str, *, errors: Sequence[FieldError] = (), code: str = "") -> None:
        super().__init__(message, code=code)
        self.errors = tuple(errors)


class Conflict(DomainError):
    """The present state of the thing forbids the act (say, an invalid transition)."""

    code = "conflict"


class InvalidTransition(Conflict):
    """The state of the thing does not allow this step now."""

    code = "invalid_transition"


class NotAllowed(DomainError):
    """This principal may not do this; the message is the sentence the person reads."""

    code = "permission_denied"


class NotFound(DomainError):
    """No such thing, or none within the caller's sight: the same answer for both."""

    code = "not_found"


class Busy(DomainError):
    """A lock or a quota was in the way; the same request may succeed later."""

    code = "busy"
    retryable = True
