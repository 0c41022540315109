"""Addresses of the whole site. Upper floors are named as strings only."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from clg import health, pages

# One login door, with the second factor, for the admin and everything else.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    # "View on site" of the admin: nothing here has such a page, and it would ask tables that are none (audit views).
    path("admin/r/<path:rest>", pages.nothing),
    path("admin/", admin.site.urls),
    # The address is the one an administrator invited: who could change it at an open browser would get the reset mail.
    path("account/email/", pages.nothing),
    path("account/invitation/", include("accounts.invitation_urls")),
    path("account/", include("allauth.urls")),
    path("oauth/", include("accounts.oauth_urls")),
    path("api/v1/", include("clg.api.urls")),
    # The upper floor first: an external id may hold slashes, so its address would swallow longer ones.
    path("api/v1/", include("advocacy.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("problems/", pages.problems, name="problems"),
    path("problems/<slug:code>", pages.problem, name="problem"),
    path("healthz", health.live, name="healthz"),
    path("healthz/live", health.live, name="healthz-live"),
    path("healthz/ready", health.ready, name="healthz-ready"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = "clg.pages.bad_request"
handler403 = "clg.pages.forbidden"
handler404 = "clg.pages.not_found"
handler500 = "clg.pages.server_error"
