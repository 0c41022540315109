"""allauth's forms behind our limits. A code or a mail counts before anything is looked up."""

from __future__ import annotations

from allauth.account.forms import ResetPasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm

from accounts.login_limits import USED_CODE, code_buckets, count, counted, reset_buckets
from clg.api.errors import RateLimited
from clg.api.rates import take


class LimitedReset(ResetPasswordForm):
    """The same for known and unknown addresses: the count comes before the look-up."""

    def clean_email(self) -> str:
        count(reset_buckets(context.request, self.cleaned_data["email"]))
        return str(super().clean_email())


class _CountedCode(BaseAuthenticateForm):
    """A code from the second factor: a wrong one counts, a right one does not."""

    def clean_code(self) -> str:
        with counted(code_buckets(self.user.pk)) as this:
            code = str(super().clean_code())
            self._use(code)
            this.succeeded = True
        return code

    def _use(self, code: str) -> None:
        """Once only, whichever process sees it first; allauth remembers used codes a process."""
        try:
            take(USED_CODE, f"user:{self.user.pk} code:{code}")
        except RateLimited:
            raise get_adapter().validation_error("incorrect_code") from None


class LimitedCode(_CountedCode, AuthenticateForm):
    """At login."""


class LimitedFreshCode(_CountedCode, ReauthenticateForm):
    """Before an act that asks for a fresh login."""
