"""Everybody who may stand at a door, ready to knock: the columns of the role matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client, override_settings

from accounts.api.scopes import SCOPES
from accounts.choices import Role
from accounts.models import ApiClient, User
from tests.callers import bearer, make_client, make_token
from tests.factories.accounts import SourceFactory, UserFactory

# What a door answers, in a word: see `_word_of`.
Knock = Callable[[str], str]
# Scopes that open something today; one client each, with nothing but that scope.
READ_SCOPES: Final = sorted(scope for scope in SCOPES if scope.endswith(":read"))


def knock_of(principal: str) -> Knock:
    """A function that asks for an address as this principal and gives its answer in a word."""
    if principal == "anonymous":
        return _with(Client())
    if principal.startswith("client"):
        return _with(_client(principal))
    if principal == "mfa_missing":
        return override_settings(MFA_REQUIRED_ROLES=["marketer"])(_with(_session(Role.MARKETER)))
    if principal == "disabled":
        return _with(_disabled())
    return _with(_session(*([] if principal == "no_role" else [Role(principal)])))


def names() -> list[str]:
    clients = ["client_without_scope", "client_disabled", *(f"client:{scope}" for scope in READ_SCOPES)]
    return ["anonymous", "disabled", "no_role", "mfa_missing", *Role.values, *clients]


def _with(client: Client) -> Knock:
    return lambda address: _word_of(cast(Any, client.get(address)))


def _word_of(answer: HttpResponse) -> str:
    """ok, missing, denied, challenge (401), bad (400), login, mfa, elsewhere (another redirect), method (405)."""
    if answer.status_code == 302:
        target = str(answer["Location"])
        return (
            "login"
            if target.startswith(("/account/login/", "/admin/login/"))
            else "mfa"
            if "/2fa/" in target
            else "elsewhere"
        )
    if answer.status_code == 403 and b"mfa_required" in answer.content:
        return "mfa"
    return _WORDS[answer.status_code]


_WORDS = {200: "ok", 400: "bad", 401: "challenge", 403: "denied", 404: "missing", 405: "method", 500: "defect"}


def _session(*roles: Role) -> Client:
    user: Any = UserFactory()
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    client.force_login(user)
    return client


def _disabled() -> Client:
    client = _session(Role.ADMINISTRATOR, Role.MARKETER)
    User.objects.update(is_active=False)
    return client


def _client(principal: str) -> Client:
    scope = principal.removeprefix("client:")
    scopes = [scope] if scope in SCOPES else list(SCOPES) if principal == "client_disabled" else []
    made = make_client(cast(Any, SourceFactory()), *scopes)
    caller = bearer(make_token(made))
    if principal == "client_disabled":
        ApiClient.objects.update(is_active=False)
    return caller
