"""Where the link of an invitation leads: to a form for the first password, and from there to the login."""

from __future__ import annotations

from typing import Final

from allauth.account.forms import ResetPasswordKeyForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views import View

from accounts.actions.invitation import accept_invitation
from accounts.invitation import invited_by
from accounts.login_limits import LINK_MISSES, count
from accounts.models import User
from clg.addresses import network_of
from clg.errors import NotFound

_KEPT: Final = "invitation"


class InvitationLink(View):
    """Takes the token out of the address, so that it stands neither in histories nor in what pages send on."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        request.session[_KEPT] = token
        return HttpResponseRedirect("/account/invitation/", status=303)


class InvitationPage(View):
    """The form. It signs nobody in: the person does that next, with the second factor that the role asks for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = invited_by(request.session.get(_KEPT, ""), at=timezone.now())
        return self._ended(request) if user is None else self._form(request, ResetPasswordKeyForm(user=user), user)

    def post(self, request: HttpRequest) -> HttpResponse:
        token, now = request.session.get(_KEPT, ""), timezone.now()
        user = invited_by(token, at=now)
        if user is None:
            return self._ended(request)
        form = ResetPasswordKeyForm(request.POST, user=user)
        if not form.is_valid():
            return self._form(request, form, user)
        try:
            accept_invitation(token=token, password=form.cleaned_data["password1"], at=now)
        except NotFound:
            return self._ended(request)
        del request.session[_KEPT]
        return redirect("account_login")

    def _form(self, request: HttpRequest, form: ResetPasswordKeyForm, user: User) -> HttpResponse:
        return render(request, "account/invitation.html", {"form": form, "email": user.email})

    def _ended(self, request: HttpRequest) -> HttpResponse:
        """One answer for unknown, used, replaced and too old. Raises `RateLimited` for who keeps trying."""
        count([(LINK_MISSES, f"network:{network_of(request)}")])
        return render(request, "account/invitation_ended.html", status=404)
