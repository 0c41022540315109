"""Who calls the API: a client with an access token, or a person with the session of the browsable docs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.scopes import BaseScopes
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.api.scopes import SCOPES
from accounts.models import ApiClient
from accounts.principals import ApiPrincipal
from clg.addresses import address_of
from clg.api.errors import CsrfFailed, NotAuthenticated, TokenExpired
from clg.middleware import name_actor


class ClientAuthentication(OAuth2Authentication):
    """A bearer token becomes an `ApiPrincipal`; everything that can end a client is asked on every request."""

    www_authenticate_realm = "clg"

    def authenticate(self, request: Request) -> tuple[ApiPrincipal, Any] | None:
        if not request.META.get("HTTP_AUTHORIZATION", "").lower().startswith("bearer "):
            return None
        found = super().authenticate(request)
        if found is None:
            raise self._refusal(request)
        token = found[1]
        client = _live_client(token.application_id, request)
        if client is None:
            raise NotAuthenticated(headers={"WWW-Authenticate": self.authenticate_header(request)})
        name_actor("client", client.pk, source=client.source.slug)
        scopes = frozenset(token.scope.split()) & frozenset(client.allowed_scopes)
        return ApiPrincipal(client=client, source=client.source, scopes=scopes), token

    def _refusal(self, request: Request) -> NotAuthenticated:
        """The 401 for a token that does not hold; an expired one is told so."""
        said = str(getattr(request, "oauth2_error", {}).get("error_description", ""))
        refusal = TokenExpired if "expired" in said else NotAuthenticated
        return refusal(headers={"WWW-Authenticate": self.authenticate_header(request)})


def _live_client(client_id: int | None, request: HttpRequest | Request) -> ApiClient | None:
    """The client of a token unless it is disabled, ended, or calls from elsewhere than it may."""
    client = ApiClient.objects.select_related("source").filter(pk=client_id, is_active=True).first()
    if client is None or not client.source.is_active:
        return None
    if client.expires_at is not None and client.expires_at <= timezone.now():
        return None
    if client.ip_ranges and not _is_within(address_of(request), client.ip_ranges):
        return None
    return client


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
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": SCOPES}}}


class PersonAuthenticationScheme(OpenApiAuthenticationExtension):
    """Left out of the documents: integrators use tokens, the docs page uses the session by itself."""

    target_class = PersonAuthentication
    name: list[str] = []

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return []
