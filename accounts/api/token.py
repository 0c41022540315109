"""`POST /oauth/token`: client id and secret become an access token. Errors in the form of RFC 6749."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from oauth2_provider.views import TokenView

from clg.api import rates
from clg.api.errors import RateLimited
from clg.security_log import log_security


class TokenDoor(TokenView):
    """The library's token endpoint behind our rate limit: 30 a minute per client id, whoever sends it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        client_id = _client_id_of(request)
        try:
            rates.take(rates.limit_named("token"), f"client-id:{client_id}")
        except RateLimited as refusal:
            return _refused(429, "temporarily_unavailable", refusal.headers)
        except DatabaseError:
            # Without the count nobody gets a token: a limit that fails open is none.
            return _refused(503, "temporarily_unavailable", {"Retry-After": "5"})
        response = super().post(request, *args, **kwargs)
        result = "ok" if response.status_code == 200 else "refused"
        log_security("token_made", object_type="client", object_id=client_id[:60], result=result)
        return response


def _refused(status: int, error: str, headers: dict[str, str]) -> HttpResponse:
    return JsonResponse({"error": error}, status=status, headers=headers)


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
