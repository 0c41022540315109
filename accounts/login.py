"""Login: people come by invitation only, and with a second factor where their role asks for one."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from clg.api.errors import MfaRequired
from clg.api.problems import is_api, problem_response


class InvitedOnly(DefaultAccountAdapter):
    """allauth's adapter without sign-up: an administrator invites, nobody registers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


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
