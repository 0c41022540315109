"""Inviting a person to set a password, and setting it by the link of the mail."""

from __future__ import annotations

import datetime as dt
from smtplib import SMTPException

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.invitation import invitation_token, invited_by
from accounts.login_limits import count, invitation_buckets
from accounts.models import User
from accounts.notifications import send_invitation
from clg.errors import Busy, Conflict, NotFound
from clg.security_log import log_security


@transaction.atomic
def invite_user(*, user: User, by: str, at: dt.datetime) -> None:
    """Mail a link to set the first password; links mailed before end.

    Raises `Conflict` for somebody who has a password or is disabled, `RateLimited` after too many mails, `Busy` when
    no mail can be sent: then links mailed before still work.
    """
    count(invitation_buckets(user.email, by))
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if user.has_usable_password():
        raise Conflict("This person has a password; a lost one is renewed at the login.", code="has_password")
    if not user.is_active:
        raise Conflict("This person is disabled and may not sign in.", code="user_disabled")
    user.set_unusable_password()
    user.save(update_fields=["password"])
    _log("user.invited", by, user)
    try:
        send_invitation(user, token=invitation_token(user, at=at))
    except (SMTPException, OSError) as error:
        raise Busy("The mail could not be sent; try again, or ask who runs this installation.") from error


@transaction.atomic
def accept_invitation(*, token: str, password: str, at: dt.datetime) -> User:
    """Set the first password, once, whoever else holds the link. Raises `NotFound` for a link that does not work."""
    user = invited_by(token, at=at)
    claimed = user and User.objects.filter(pk=user.pk, password=user.password).update(password=make_password(password))
    if user is None or not claimed:
        raise NotFound("This link no longer works; ask an administrator for a new one.")
    _log("user.invitation_accepted", f"user:{user.pk}", user)
    return user


def _log(event: str, by: str, user: User) -> None:
    log_security(event, actor=by, object_type="user", object_id=f"user:{user.pk}")
