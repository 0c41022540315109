"""A fresh login before what gives rights: whoever found an open browser gets no further. `security` 3.3."""

from __future__ import annotations

import time

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved within the last 15 minutes who they are, at login or since."""
    records = get_authentication_records(request, request.user)
    newest = max((record["at"] for record in records), default=0)
    return time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def require_fresh_login(request: HttpRequest) -> None:
    """Raises what allauth's middleware answers with a question for the password or code, and takes up again after."""
    if not is_fresh(request):
        raise ReauthenticationRequired
