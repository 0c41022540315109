"""Who calls the API in tests: a client with a token of chosen scopes, or a signed-in person."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.api.scopes import SCOPES
from accounts.models import ApiClient, CrmSource, User
from tests.factories.accounts import SourceFactory


def make_client(source: CrmSource, *scopes: str, **fields: Any) -> ApiClient:
    return ApiClient.objects.create(
        name=f"Client of {source.slug}",
        source=source,
        allowed_scopes=list(scopes),
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        client_secret="a secret that only tests know",
        **fields,
    )


def make_token(client: ApiClient, *, expires_in: dt.timedelta = dt.timedelta(hours=1)) -> str:
    """A token as the token door makes it: only its hash is stored."""
    text = secrets.token_urlsafe(24)
    AccessToken.objects.create(
        application=client,
        token="",
        token_checksum=hashlib.sha256(text.encode()).hexdigest(),
        scope=" ".join(client.allowed_scopes),
        expires=timezone.now() + expires_in,
    )
    return text


def bearer(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def crm(db: None) -> CrmSource:
    """The source whose client calls in most tests."""
    return SourceFactory(slug="crm")


@pytest.fixture
def caller(crm: CrmSource) -> Callable[..., Client]:
    """`caller("accounts:read")`: a client of the source with these scopes, ready to call; all scopes without any."""

    def make(*scopes: str) -> Client:
        return bearer(make_token(make_client(crm, *(scopes or SCOPES))))

    return make


@pytest.fixture
def session() -> Callable[[User], Client]:
    """`session(marketer)`: a signed-in person."""

    return sign_in


def sign_in(user: User) -> Client:
    """A browser in which the person has just come in."""
    client = Client()
    client.force_login(user)
    _note_login(client, user)
    return client


def _note_login(client: Client, user: User) -> None:
    """What the login door keeps of a login: when it was."""
    kept = client.session
    kept["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    kept["account_authentication_methods_user"] = str(user.pk)
    kept.save()
