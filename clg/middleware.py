"""What happens around every request: its id and log line, the browser's rules, the audit context."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final

import pghistory
import structlog
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from pghistory.middleware import HistoryMiddleware

from clg.codes import sortable_id
from clg.events.origin import Origin, act_as, caused_by
from clg.logs import current_request_id, get_logger

GetResponse = Callable[[HttpRequest], HttpResponse]

_log = get_logger("clg.request")
_CLIENT_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")


class RequestIdMiddleware:
    """Give each request an id of ours, send it back, and write one log line when the answer is ready."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        request_id = sortable_id(time.time_ns() // 1_000_000)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id, **_client_request_id(request))
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        _log.info(
            "request",
            method=request.method,
            route=route_of(request),
            status=response.status_code,
            ms=round((time.monotonic() - started) * 1000),
        )
        return response


def _client_request_id(request: HttpRequest) -> dict[str, str]:
    theirs = request.headers.get("X-Request-ID", "")
    return {"client_request_id": theirs} if _CLIENT_REQUEST_ID.fullmatch(theirs) else {}


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, never the address: paths may hold tokens."""
    match = request.resolver_match
    if match is None:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return "unknown"
    return f"/{match.route}"


Directives = dict[str, list[Any]]

_PAGES: Final[Directives] = {
    "default-src": [NONE],
    "script-src": [SELF, NONCE],
    "style-src": [SELF, NONCE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "object-src": [NONE],
    "frame-ancestors": [NONE],
}
# The admin theme's Alpine build evaluates attribute expressions and sets inline styles.
_ADMIN: Final[Directives] = {
    **_PAGES,
    "script-src": [SELF, NONCE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
_API_DOCS: Final[Directives] = {**_PAGES, "script-src": [SELF], "style-src": [SELF, UNSAFE_INLINE]}
_DATA: Final[Directives] = {"default-src": [NONE], "frame-ancestors": [NONE]}
_FILES: Final[Directives] = {"default-src": [NONE], "sandbox": [True]}

# The first area whose beginning fits the path.
AREAS: Final[tuple[tuple[str, Directives], ...]] = (
    ("/api/v1/docs", _API_DOCS),
    ("/api/", _DATA),
    ("/admin", _ADMIN),
    ("/files/", _FILES),
    ("/", _PAGES),
)
# Addresses that may hold a token, which a redirect takes into the session. Pages with forms keep the usual rule: a
# browser without a referrer sends the origin `null`, which Django refuses.
_LINKS: Final = ("/account/invitation/", "/account/password/reset/key/")
# Answers without personal data, which browsers may keep.
_KEEPABLE = (settings.STATIC_URL, "/problems/", "/healthz")


class BrowserRulesMiddleware(CSPMiddleware):
    """Send the browser rules of the URL's area: `security` section 7, one table."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        if not report_only:
            parts.config = next(rules for start, rules in AREAS if request.path_info.startswith(start))
        return parts

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        super().process_response(request, response)
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if request.path_info.startswith(_LINKS) and "Location" in response:
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex"
        response.setdefault("Referrer-Policy", "same-origin")
        if not request.path_info.startswith(_KEEPABLE):
            response["Cache-Control"] = "no-store"
        return response


class AuditContextMiddleware(HistoryMiddleware):
    """Name the actor, the request and the route of every change made inside the request.

    Sessions are known here; API clients are named by their authentication once the token is read.
    """

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"route": route_of(request), "request_id": current_request_id(), "actor": "anonymous"}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with caused_by(Origin(kind="anonymous")):
            return super().__call__(request)


class SessionActorMiddleware:
    """Name the signed-in person as the actor; inside `AuditContextMiddleware`, after authentication."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            name_actor("user", request.user.pk)
        return self.get_response(request)


def name_actor(kind: str, key: object, *, source: str = "") -> None:
    """Everything until the end of the request is done by this user or client: outbox, history and logs say so."""
    actor = f"{kind}:{key}"
    act_as(Origin(kind=kind, actor=actor, source=source))
    # Inside the middleware's context this adds keys; outside (a test calling a view alone) it does nothing.
    pghistory.context(actor=actor, **({"source": source} if source else {}))
    structlog.contextvars.bind_contextvars(**{f"{kind}_id": str(key)})
