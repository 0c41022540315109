"""Everybody who may stand at a door, ready to knock: the columns of the role matrix."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any, Final, cast

from django.http import HttpResponse
from django.test import Client, override_settings

from accounts.api.scopes import SCOPES
from accounts.choices import Role
from accounts.models import ApiClient, CrmSource, User
from tests.callers import bearer, make_client, make_token, sign_in
from tests.factories.accounts import SourceFactory
from tests.security.world import World, make_person

# Answers to a method and an address, in a word: see `word_of`.
Knock = Callable[[str, str], str]
# Whose sight of rows is limited: the people of the world who own some.
_OWNERS: Final = {"sales": "sam", "csm": "carla"}


def names() -> list[str]:
    clients = ["client_without_scope", "client_disabled", "client_of_another_source", *(f"client:{s}" for s in SCOPES)]
    return ["anonymous", "disabled", "no_role", "mfa_missing", *Role.values, *clients]


def knock_of(principal: str, world: World, source: CrmSource) -> Knock:
    """A function that asks as this principal and gives the answer in a word."""
    if principal == "anonymous":
        return _with(Client())
    if principal.startswith("client"):
        return _with(_client(principal, source))
    if principal == "mfa_missing":
        user = make_person("Missing", Role.MARKETER)
        return override_settings(MFA_REQUIRED_ROLES=["marketer"])(_with(sign_in(user)))
    if principal == "disabled":
        return _with(_disabled())
    return _with(sign_in(_person(principal, world)))


def _person(principal: str, world: World) -> User:
    if principal in _OWNERS:
        return world.people[_OWNERS[principal]]
    return make_person(f"One {principal}", *([] if principal == "no_role" else [Role(principal)]))


def _disabled() -> Client:
    user = make_person("Gone", Role.ADMINISTRATOR, Role.MARKETER)
    client = sign_in(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    return client


def _client(principal: str, source: CrmSource) -> Client:
    scope = principal.removeprefix("client:")
    wide = principal in ("client_disabled", "client_of_another_source")
    scopes = [scope] if scope in SCOPES else [s for s in SCOPES if s.endswith(":read")] if wide else []
    of = cast(Any, SourceFactory()) if principal == "client_of_another_source" else source
    made = make_client(of, *scopes)
    caller = bearer(make_token(made))
    if principal == "client_disabled":
        ApiClient.objects.filter(pk=made.pk).update(is_active=False)
    return caller


def _with(client: Client) -> Knock:
    """Each knock with the cookies of the first: one that signs out ends no other."""
    cookies = SimpleCookie(client.cookies)

    def knock(method: str, address: str) -> str:
        client.cookies = SimpleCookie(cookies)
        return word_of(cast(Any, client.generic(method, address)))

    return knock


def word_of(answer: HttpResponse) -> str:
    """ok, missing, denied, challenge (401), bad (400), invalid (422), login, mfa, method (405), elsewhere."""
    if answer.status_code in (302, 303):
        return _way(str(answer["Location"]))
    if answer.status_code == 403 and b"mfa_required" in answer.content:
        return "mfa"
    return _WORDS[answer.status_code]


def _way(target: str) -> str:
    if target.startswith(("/account/login/", "/admin/login/")):
        return "login"
    return "mfa" if "/2fa/totp/activate" in target else "elsewhere"


_WORDS: Final = {
    200: "ok",
    400: "bad",
    401: "challenge",
    403: "denied",
    404: "missing",
    405: "method",
    422: "invalid",
    500: "defect",
}
