"""The link by which an invited person sets the first password. `security` sections 3.1 and 4.

A token names the user and the moment it ends, signed under what is kept for a password. Setting one, or being invited
anew, changes that, so a link works once and only the last one mailed works at all. Nothing of it is stored.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.core.signing import BadSignature, Signer

from accounts.models import User

LIFE: Final = dt.timedelta(days=7)


def invitation_token(user: User, *, at: dt.datetime) -> str:
    """The token of a link that works from `at` for seven days."""
    return _signer(user).sign(f"{user.pk}.{int((at + LIFE).timestamp())}")


def invited_by(token: str, *, at: dt.datetime) -> User | None:
    """Who may set a password by this link; None for one that is unknown, used, replaced or too old."""
    named, _, end = token.partition(":")[0].partition(".")
    if not (named.isdecimal() and end.isdecimal() and len(token) < 200):
        return None
    user = User.objects.active().filter(pk=int(named)).first()
    if user is None or user.has_usable_password():
        return None
    try:
        _signer(user).unsign(token)
    except BadSignature:
        return None
    return user if at.timestamp() < int(end) else None


def _signer(user: User) -> Signer:
    return Signer(salt=f"accounts.invitation:{user.email}:{user.password}")
