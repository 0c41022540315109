"""What the API refuses by itself, before or beside any rule of the business.

Each class is one entry of the page `/problems/`; the first line of its docstring is the sentence there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from clg.errors import DomainError, FieldError


class ApiRefusal(DomainError):
    """The request could not be taken."""

    code = "bad_request"
    status: ClassVar[int] = 400

    def __init__(
        self,
        message: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message or str(type(self).__doc__).splitlines()[0], data=data)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class MalformedJson(ApiRefusal):
    """The body is not one strict JSON value."""

    code = "malformed_json"


class UnknownParameter(ApiRefusal):
    """The query has a parameter that this address does not know."""

    code = "unknown_parameter"


class InvalidParameter(ApiRefusal):
    """A query parameter has a value that cannot be read."""

    code = "invalid_parameter"


class ModelRequired(ApiRefusal):
    """Name exactly one attribution model: sourced and influenced are never added."""

    code = "model_required"


class InvalidCursor(ApiRefusal):
    """The cursor was not made by this list."""

    code = "invalid_cursor"


class CursorMismatch(ApiRefusal):
    """The cursor belongs to a list with other filters or another order; start again without it."""

    code = "cursor_mismatch"


class MissingIdempotencyKey(ApiRefusal):
    """This request needs an Idempotency-Key header."""

    code = "missing_idempotency_key"


class InvalidIdempotencyKey(ApiRefusal):
    """An Idempotency-Key has 1 to 255 letters, digits, hyphens or underscores."""

    code = "invalid_idempotency_key"


class NotAuthenticated(ApiRefusal):
    """Send a valid access token, or sign in."""

    code = "not_authenticated"
    status = 401


class TokenExpired(NotAuthenticated):
    """The access token has expired; ask for a new one at /oauth/token."""

    code = "token_expired"


class MissingScope(ApiRefusal):
    """The client's token lacks the scope for this."""

    code = "missing_scope"
    status = 403


class ClientRequired(ApiRefusal):
    """Only an API client may do this, not a signed-in person."""

    code = "client_required"
    status = 403


class MfaRequired(ApiRefusal):
    """Set up a second factor first."""

    code = "mfa_required"
    status = 403


class CsrfFailed(ApiRefusal):
    """The request did not carry the form's secret; load the page again."""

    code = "csrf_failed"
    status = 403


class MethodNotAllowed(ApiRefusal):
    """This address does not take that method."""

    code = "method_not_allowed"
    status = 405


class NotAcceptable(ApiRefusal):
    """Answers are application/json, errors application/problem+json; Accept admits neither."""

    code = "not_acceptable"
    status = 406


class IdempotencyInFlight(ApiRefusal):
    """The first request with this key is still running."""

    code = "idempotency_in_flight"
    status = 409
    retryable = True


class VersionMismatch(ApiRefusal):
    """The row has changed since it was read; read it again."""

    code = "version_mismatch"
    status = 412


class BodyTooLarge(ApiRefusal):
    """The body is over the limit of this address."""

    code = "body_too_large"
    status = 413


class UnsupportedMediaType(ApiRefusal):
    """Send application/json in UTF-8."""

    code = "unsupported_media_type"
    status = 415


class TooFewItems(ApiRefusal):
    """A batch has at least one item."""

    code = "too_few_items"
    status = 422


class TooManyItems(ApiRefusal):
    """A batch has at most 200 items; send the others in calls of their own."""

    code = "too_many_items"
    status = 422


class IdempotencyKeyReused(ApiRefusal):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    status = 422


class IfMatchRequired(ApiRefusal):
    """Changing a row by our id needs an If-Match header with its version."""

    code = "if_match_required"
    status = 428


class RateLimited(ApiRefusal):
    """Too many requests; wait as long as Retry-After says."""

    code = "rate_limited"
    status = 429
    retryable = True


class TooManyParallel(ApiRefusal):
    """Too many bulk calls of this client at once."""

    code = "too_many_parallel"
    status = 429
    retryable = True


class ServerError(ApiRefusal):
    """Something went wrong on our side; it has been logged under the request id."""

    code = "server_error"
    status = 500
    retryable = True
