"""`POST /oauth/token`: client id and secret become an access token. Errors in the form of RFC 6749 section 5.2."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final
from urllib.parse import unquote_plus

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from oauth2_provider.models import AbstractApplication
from oauth2_provider.views import TokenView

from clg.api import rates
from clg.api.errors import RateLimited
from clg.security_log import log_security

# The library knows more grants; one of them would try a person's password.
GRANTS: Final = (AbstractApplication.GRANT_CLIENT_CREDENTIALS.replace("-", "_"), "authorization_code")
# What the form may hold: visible ASCII and spaces (appendix A of the standard).
_TEXT: Final = re.compile(r"[\x20-\x7e]*")


class TokenDoor(TokenView):
    """The library's token endpoint behind our rate limit: 30 a minute per client id, whoever sends it."""

    http_method_names = ["post"]

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refused(405, "invalid_request", {"Allow": "POST"})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            form = request.POST
        except RequestDataTooBig:
            return _refused(413, "invalid_request")
        except (BadRequest, SuspiciousOperation, MultiPartParserError):
            return _refused(400, "invalid_request")
        client_id = _client_id_of(request)
        try:
            rates.take(rates.limit_named("token"), f"client-id:{client_id}")
        except RateLimited as refusal:
            return _refused(429, "temporarily_unavailable", refusal.headers)
        except DatabaseError:
            # Without the count nobody gets a token: a limit that fails open is none.
            return _refused(503, "temporarily_unavailable", {"Retry-After": "5"})
        response = _refusal_of(form, client_id) or super().post(request, *args, **kwargs)
        result = "ok" if response.status_code == 200 else "refused"
        log_security("token_made", object_type="client", object_id=_loggable(client_id), result=result)
        return response


def _refusal_of(form: QueryDict, client_id: str) -> HttpResponse | None:
    """What the library would let pass, or break at."""
    if any(len(values) > 1 for _, values in form.lists()):
        return _refused(400, "invalid_request")
    if form.get("grant_type") not in GRANTS:
        return _refused(400, "unsupported_grant_type")
    if not _TEXT.fullmatch(client_id + form.get("client_secret", "")):
        return _refused(401, "invalid_client", {"WWW-Authenticate": 'Basic realm="clg"'})
    return None


def _refused(status: int, error: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"error": error}, status=status, headers=headers or {})


def _loggable(client_id: str) -> str:
    """What is claimed to be a client's id, as far as it can be one."""
    return client_id[:60] if _TEXT.fullmatch(client_id) else ""


def _client_id_of(request: HttpRequest) -> str:
    """The client id that the request claims: from the Basic header, else from the form."""
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return unquote_plus(pair.partition(":")[0])
    return request.POST.get("client_id", "")
