"""Login: people come by invitation only, with a second factor where their role asks for one, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.login_limits import counted, login_buckets
from accounts.models import User
from clg import crypto
from clg.api.errors import MfaRequired
from clg.api.problems import is_api, problem_response


class InvitedOnly(DefaultAccountAdapter):
    """allauth's adapter without sign-up: an administrator invites, nobody registers. Failures count."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Raises `RateLimited` after too many failures of this account or from this network."""
        with counted(login_buckets(request, str(credentials.get("email", "")))) as this:
            user: AbstractBaseUser | None = super().authenticate(request, **credentials)
            this.succeeded = user is not None
        return user

    def reauthenticate(self, user: Any, password: str) -> bool:
        """By the address of the user: those that allauth keeps beside it are not there for invited people."""
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk


class SealedFactors(DefaultMFAAdapter):
    """Secrets of second factors are closed with FIELD_KEYS: who reads the table cannot make codes."""

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text.encode()).decode()


# Reached without the second factor: setting it up, confirming the password for that, leaving, and the styles.
_OPEN_PATHS = (
    "/account/2fa/",
    "/account/reauthenticate/",
    "/account/logout/",
    "/account/login/",
    "/static/",
    "/healthz",
)


class SecondFactorMiddleware:
    """Roles in MFA_REQUIRED_ROLES get nowhere but to the set-up until they have a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _lacks_second_factor(request):
            return self.get_response(request)
        if is_api(request):
            return problem_response(MfaRequired(), request)
        return redirect("mfa_activate_totp")


def _lacks_second_factor(request: HttpRequest) -> bool:
    if not settings.MFA_REQUIRED_ROLES or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    if request.path_info.startswith(_OPEN_PATHS) or isinstance(request.user, AnonymousUser):
        return False
    return needs_second_factor(request.user) and not is_mfa_enabled(request.user)


def needs_second_factor(user: User) -> bool:
    """Whether one of the user's roles demands a second factor; a superuser has them all."""
    return user.is_superuser or bool(user.roles & set(settings.MFA_REQUIRED_ROLES))


SESSION_HOURS_MAX: Final = 24
# A session that is used is prolonged this often, not with every request.
_TOUCH_SECONDS: Final = 300


class SessionAgeMiddleware:
    """8 hours without a request end a session (SESSION_COOKIE_AGE, from the last touch), 24 hours end any."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _age(request, time.time())
        return self.get_response(request)


def _age(request: HttpRequest, now: float) -> None:
    session = request.session
    if now - session.setdefault("began", now) > SESSION_HOURS_MAX * 3600:
        logout(request)
    elif now - session.get("touched", 0) > _TOUCH_SECONDS:
        session["touched"] = now
