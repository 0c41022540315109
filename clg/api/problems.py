"""One body for every refusal: RFC 9457 problem details, with our code, request id and field errors.

`crm-sync` section 1. Domain errors carry a code and words; which HTTP status a class of error has stands here, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response

from clg import errors as domain
from clg.api import errors as api
from clg.api.negotiation import wanted_media
from clg.events.feed import PlaceExpired
from clg.logs import current_request_id

PROBLEM_JSON = "application/problem+json"
PLAIN_JSON = "application/json"

# Lock and serialisation failures: the same request may succeed later.
_TRANSIENT_SQLSTATES = {"40001", "40P01", "55P03", "57014"}

_STATUS: Mapping[type[domain.DomainError], int] = {
    domain.DomainError: 422,
    domain.InvalidInput: 422,
    domain.Conflict: 409,
    domain.NotAllowed: 403,
    domain.NotFound: 404,
    domain.Busy: 503,
    PlaceExpired: 410,
}

_TITLES = {
    "validation_error": "Validation failed",
    "malformed_json": "Malformed JSON",
    "mfa_required": "Second factor required",
    "if_match_required": "If-Match required",
}


@dataclass(frozen=True)
class Problem:
    """One refusal, ready to be written down."""

    code: str
    status: int
    detail: str
    retryable: bool = False
    errors: Sequence[domain.FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return title_of(self.code)


def title_of(code: str) -> str:
    return _TITLES.get(code, code.replace("_", " ").capitalize())


def status_of(error: type[domain.DomainError]) -> int:
    """The HTTP status of a class of error, from itself or the nearest class above it."""
    if issubclass(error, api.ApiRefusal):
        return error.status
    return next(_STATUS[base] for base in error.__mro__ if base in _STATUS)


def catalogue() -> list[Problem]:
    """Every code of every error class, for the page `/problems/`: one entry a code, by status, then code."""
    found = {
        error.code: Problem(
            code=error.code,
            status=status_of(error),
            detail=(error.__doc__ or "").strip().splitlines()[0],
            retryable=error.retryable,
        )
        for error in _subclasses(domain.DomainError)
    }
    return sorted(found.values(), key=lambda problem: (problem.status, problem.code))


def _subclasses(error: type[domain.DomainError]) -> Iterator[type[domain.DomainError]]:
    yield error
    for child in error.__subclasses__():
        yield from _subclasses(child)


def problem_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal as a problem body, a defect of ours as `None` (Django answers 500)."""
    problem = problem_of(exc)
    if problem is None:
        return None
    request: HttpRequest = context["request"]
    return Response(
        body_of(problem, request),
        status=problem.status,
        headers=dict(problem.headers),
        content_type=content_type_for(request),
    )


def problem_of(exc: Exception) -> Problem | None:
    """The problem that an exception stands for; `None` for what should never have happened."""
    if isinstance(exc, domain.DomainError):
        return _of_domain(exc)
    if isinstance(exc, drf.APIException):
        return _of_drf(exc)
    if isinstance(exc, OperationalError) and _sqlstate(exc) in _TRANSIENT_SQLSTATES:
        return _of_domain(_busy())
    for kind, error in _OF_DJANGO.items():
        if isinstance(exc, kind):
            return _of_domain(error())
    return None


def _busy() -> domain.Busy:
    return domain.Busy("The rows are being changed by somebody else; try again.")


def _not_found() -> domain.NotFound:
    return domain.NotFound("There is nothing here, or nothing that you may see.")


_OF_DJANGO: Mapping[type[Exception], Any] = {
    Http404: _not_found,
    RequestDataTooBig: api.BodyTooLarge,
    SuspiciousOperation: api.ApiRefusal,
    PermissionDenied: lambda: domain.NotAllowed("You may not do this."),
}


def _sqlstate(exc: OperationalError) -> str:
    return getattr(exc.__cause__, "sqlstate", None) or ""


def _of_domain(exc: domain.DomainError) -> Problem:
    headers = dict(getattr(exc, "headers", {}))
    if exc.retryable:
        headers.setdefault("Retry-After", "2")
    return Problem(
        code=exc.code,
        status=status_of(type(exc)),
        detail=exc.message,
        retryable=exc.retryable,
        errors=getattr(exc, "errors", ()),
        headers=headers,
        data=exc.data,
    )


def _of_drf(exc: drf.APIException) -> Problem:
    if isinstance(exc, drf.ValidationError):
        return _of_validation(exc)
    refusal = _OF_DRF.get(type(exc))
    if refusal is None:
        return Problem(code="bad_request", status=exc.status_code, detail=str(exc.detail))
    problem = _of_domain(refusal())
    headers = {**problem.headers, **_headers_of_drf(exc)}
    return Problem(problem.code, problem.status, problem.detail, problem.retryable, headers=headers)


_OF_DRF: Mapping[type[drf.APIException], Any] = {
    drf.NotAuthenticated: api.NotAuthenticated,
    drf.AuthenticationFailed: api.NotAuthenticated,
    drf.PermissionDenied: lambda: domain.NotAllowed("You may not do this."),
    drf.NotFound: _not_found,
    drf.MethodNotAllowed: api.MethodNotAllowed,
    drf.NotAcceptable: api.NotAcceptable,
    drf.UnsupportedMediaType: api.UnsupportedMediaType,
    drf.ParseError: api.MalformedJson,
    drf.Throttled: api.RateLimited,
}


def _headers_of_drf(exc: drf.APIException) -> dict[str, str]:
    header = getattr(exc, "auth_header", None)
    return {"WWW-Authenticate": header} if header else {}


def _of_validation(exc: drf.ValidationError) -> Problem:
    found = tuple(_field_errors(exc.get_full_details(), ""))
    count = len(found)
    return Problem(
        code="validation_error",
        status=422,
        detail=f"{count} field is invalid." if count == 1 else f"{count} fields are invalid.",
        errors=found,
    )


def _field_errors(details: Any, pointer: str) -> Iterator[domain.FieldError]:
    """Walk DRF's tree of details; `pointer` is RFC 6901 into the body."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield domain.FieldError(code=str(details["code"]), detail=str(details["message"]), pointer=pointer)
    elif isinstance(details, dict):
        for name, value in details.items():
            yield from _field_errors(
                value, pointer if name == "non_field_errors" else pointer + domain.pointer_to(name)
            )
    else:
        for index, value in enumerate(details):
            leaf = isinstance(value, dict) and set(value) == {"message", "code"}
            yield from _field_errors(value, pointer if leaf else f"{pointer}/{index}")


def body_of(problem: Problem, request: HttpRequest) -> dict[str, Any]:
    """The RFC 9457 body; never the refused value, never data of anyone else."""
    body: dict[str, Any] = {
        "type": f"{settings.PUBLIC_URL}/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.path,
        "code": problem.code,
        "request_id": current_request_id(),
        "retryable": problem.retryable,
        **problem.data,
    }
    if problem.errors:
        body["errors"] = [error_entry(error) for error in problem.errors]
        body["fields"] = {_short_name(error): error.detail for error in problem.errors}
    return body


def error_entry(error: domain.FieldError) -> dict[str, object]:
    """One error as bodies list it."""
    place = {"parameter": error.parameter} if error.parameter else {"pointer": error.pointer}
    return {"code": error.code, **place, "detail": error.detail, "retryable": False}


def _short_name(error: domain.FieldError) -> str:
    return error.parameter or error.pointer.rsplit("/", 1)[-1]


def content_type_for(request: HttpRequest) -> str:
    """Problem type, or plain JSON for callers whose Accept names that and not the problem type (Salesforce)."""
    wanted = wanted_media(request)
    return PLAIN_JSON if PLAIN_JSON in wanted and PROBLEM_JSON not in wanted else PROBLEM_JSON


def problem_response(exc: domain.DomainError, request: HttpRequest) -> JsonResponse:
    """The same body for what fails outside DRF: middleware, unknown paths, defects."""
    problem = _of_domain(exc)
    return JsonResponse(
        body_of(problem, request),
        status=problem.status,
        headers=dict(problem.headers),
        content_type=content_type_for(request),
    )


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
