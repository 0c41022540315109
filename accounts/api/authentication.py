"""Who calls the API: a client with an access token, or a person with the session of the browsable docs."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from oauth2_provider.models import AccessToken
from oauth2_provider.scopes import BaseScopes
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.actions.source import note_client_use
from accounts.api.scopes import SCOPES
from accounts.models import ApiClient
from accounts.principals import ApiPrincipal
from clg.addresses import address_of
from clg.api.errors import CsrfFailed, NotAuthenticated, TokenExpired
from clg.middleware import name_actor


class ClientAuthentication(BaseAuthentication):
    """A bearer token becomes an `ApiPrincipal`; everything that can end a client is asked on every request.

    The library's own class would read the body before anybody knows who is calling.
    """

    def authenticate(self, request: Request) -> tuple[ApiPrincipal, AccessToken] | None:
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = _stored_token(text.strip())
        if token is None or not _is_live(token.application, request):
            raise NotAuthenticated(headers={"WWW-Authenticate": _challenge("invalid_token")})
        if token.is_expired():
            raise TokenExpired(headers={"WWW-Authenticate": _challenge("invalid_token")})
        note_client_use(client=token.application, at=timezone.now())
        return _principal_of(token), token

    def authenticate_header(self, request: Request) -> str:
        return _challenge()


def _challenge(error: str = "") -> str:
    return f'Bearer realm="clg", error="{error}"' if error else 'Bearer realm="clg"'


def _stored_token(text: str) -> AccessToken | None:
    """The token by its SHA-256: the text itself is stored nowhere."""
    tokens = AccessToken.objects.select_related("application__source")
    return tokens.filter(token_checksum=hashlib.sha256(text.encode()).hexdigest()).first()


def _principal_of(token: AccessToken) -> ApiPrincipal:
    client: ApiClient = token.application
    name_actor("client", client.pk, source=client.source.slug)
    # A scope that was taken from the client acts at once, not when the token ends.
    scopes = frozenset(token.scope.split()) & frozenset(client.allowed_scopes)
    return ApiPrincipal(client=client, source=client.source, scopes=scopes)


def _is_live(client: ApiClient | None, request: Request) -> bool:
    """Whether the client may call at all, and from there."""
    if client is None or not client.is_live(at=timezone.now()):
        return False
    return not client.ip_ranges or _is_within(address_of(request), client.ip_ranges)


def _is_within(address: str, ranges: Iterable[str]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in ipaddress.ip_network(each, strict=False) for each in ranges)


class PersonAuthentication(SessionAuthentication):
    """The session of a signed-in person, with the CSRF secret on every write."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise CsrfFailed from error


class ClientScopes(BaseScopes):
    """A client may have exactly its `allowed_scopes`, and gets all of them when it names none."""

    def get_all_scopes(self) -> dict[str, str]:
        return SCOPES

    def get_available_scopes(
        self, application: ApiClient | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return list(application.allowed_scopes) if application is not None else []

    def get_default_scopes(
        self, application: ApiClient | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application)


class ClientAuthenticationScheme(OpenApiAuthenticationExtension):
    """How the API documents describe the token."""

    target_class = ClientAuthentication
    name = "client"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        # The one place where tokens come from; relative, as the documents move with the site.
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": SCOPES}}}

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        scope = auto_schema.view.asked().scope if hasattr(auto_schema.view, "asked") else ""
        return {self.name: [scope] if scope else []}
