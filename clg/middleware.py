"""What happens around every request: its id, the browser's rules, the audit context."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Give each request an id of ours."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class BrowserRulesMiddleware(RequestIdMiddleware):
    """Send the browser rules of the URL's area."""


class AuditContextMiddleware(RequestIdMiddleware):
    """Name the actor of every change in the request."""
