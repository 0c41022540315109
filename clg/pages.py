"""Pages of the ground floor: errors outside DRF, and the list of problem codes."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clg.api import errors as api
from clg.api.problems import catalogue, is_api, problem_of, problem_response
from clg.errors import DomainError, NotAllowed, NotFound
from clg.logs import current_request_id


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refuse(request, 400, api.ApiRefusal())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Why, where a predicate has said so; its sentences are written for whom it refuses."""
    reason = str(exception or "")
    return _refuse(request, 403, NotAllowed(reason or "You may not do this."), reason=reason)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refuse(request, 404, NotFound("There is nothing here, or nothing that you may see."))


def server_error(request: HttpRequest) -> HttpResponse:
    return _refuse(request, 500, api.ServerError())


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _refuse(request, 403, api.CsrfFailed())


def _refuse(request: HttpRequest, status: int, error: DomainError, *, reason: str = "") -> HttpResponse:
    """A problem body for programs, a calm page without data of the request for people."""
    if is_api(request):
        return problem_response(error, request)
    return render(request, f"{status}.html", {"request_id": current_request_id(), "reason": reason}, status=status)


class RefusalMiddleware:
    """A page that is asked for too often, or cannot be counted, says so with the time to wait."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        problem = problem_of(exception)
        if problem is None or problem.status not in (429, 503):
            return None
        answer = render(request, f"{problem.status}.html", {"request_id": current_request_id()}, status=problem.status)
        for name, value in problem.headers.items():
            answer[name] = value
        return answer


def nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """An address of a library that we do not use: the same answer as for any unknown one."""
    return not_found(request)


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """Every code an answer can carry, with its status and what to do."""
    return render(request, "problems.html", {"problems": catalogue()})


@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """One code: where `type` of a problem body points."""
    found = [entry for entry in catalogue() if entry.code == code]
    if not found:
        raise Http404
    return render(request, "problems.html", {"problems": found})
