"""What the accounts floor keeps in the security log when Django and allauth speak."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.actions.user import end_sessions
from accounts.models import User
from clg.security_log import log_security


@receiver(user_logged_in, dispatch_uid="accounts.log_login")
def log_login(sender: object, user: User, **kwargs: Any) -> None:
    _keep("login", user)


@receiver(user_logged_out, dispatch_uid="accounts.log_logout")
def log_logout(sender: object, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _keep("logout", user)


@receiver(user_login_failed, dispatch_uid="accounts.log_failed_login")
def log_failed_login(sender: object, **kwargs: Any) -> None:
    """Who it was stays open: the address that was typed is nobody's business."""
    log_security("login", result="failed")


@receiver(authenticator_added, dispatch_uid="accounts.log_factor_added")
def log_factor_added(sender: object, user: User, **kwargs: Any) -> None:
    _note_factor("second_factor_added", user, **kwargs)


@receiver(authenticator_removed, dispatch_uid="accounts.log_factor_removed")
def log_factor_removed(sender: object, user: User, **kwargs: Any) -> None:
    _note_factor("second_factor_removed", user, **kwargs)


@receiver(authenticator_reset, dispatch_uid="accounts.log_factor_reset")
def log_factor_reset(sender: object, user: User, **kwargs: Any) -> None:
    _note_factor("second_factor_reset", user, **kwargs)


@receiver([password_changed, password_set, password_reset], dispatch_uid="accounts.log_password")
def log_password(sender: object, user: User, **kwargs: Any) -> None:
    """Other sessions ended with the old password already: each carries its hash."""
    _keep("password_changed", user)


def _note_factor(event: str, user: User, *, request: HttpRequest, **kwargs: Any) -> None:
    """Who holds a session without the new factor, or with a lost one, must come in again."""
    _keep(event, user)
    end_sessions(user, keep=request.session.session_key)


def _keep(event: str, user: User) -> None:
    log_security(event, actor=f"user:{user.pk}", object_type="user", object_id=user.name_outside)
