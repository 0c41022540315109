"""Login: people come by invitation only."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):
    """allauth's adapter without sign-up: an administrator invites, nobody registers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
