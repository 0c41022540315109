"""The admin theme: words, colors, the order of the sidebar. Screens name apps only as strings."""

from __future__ import annotations

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _style(request: HttpRequest) -> str:
    return static("clg/admin.css")


def _script(request: HttpRequest) -> str:
    return static("clg/frame.js")


def _favicon(request: HttpRequest) -> str:
    return static("clg/icon.svg")


UNFOLD: dict[str, object] = {
    "SITE_TITLE": "CLG",
    "SITE_HEADER": "CLG",
    "SITE_SUBHEADER": "Customer advocacy",
    "SITE_URL": None,
    "SITE_ICON": _favicon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [_style],
    "SCRIPTS": [_script],
    "ACCOUNT": {
        "navigation": [
            {"title": "Password", "link": reverse_lazy("account_change_password")},
            {"title": "Two-factor authentication", "link": reverse_lazy("mfa_index")},
            {"title": "Sessions", "link": reverse_lazy("usersessions_list")},
        ],
    },
    "DASHBOARD_CALLBACK": "advocacy.admin.today.dashboard",
    "COMMAND": {
        "search_models": [
            "advocacy.champion",
            "accounts.account",
            "accounts.contact",
            "accounts.opportunity",
            "advocacy.activity",
        ],
        "show_history": False,
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "clg.admin.navigation.sidebar",
    },
    # The same hues and steps as static/clg/app.css, so that panels and theme are one hand.
    "COLORS": {
        "base": {
            "50": "oklch(0.985 0.002 272)",
            "100": "oklch(0.967 0.003 272)",
            "200": "oklch(0.912 0.006 272)",
            "300": "oklch(0.855 0.008 272)",
            "400": "oklch(0.69 0.013 272)",
            "500": "oklch(0.52 0.016 272)",
            "600": "oklch(0.45 0.017 272)",
            "700": "oklch(0.392 0.013 272)",
            "800": "oklch(0.318 0.012 272)",
            "900": "oklch(0.216 0.009 272)",
            "950": "oklch(0.177 0.008 272)",
        },
        "primary": {
            "50": "oklch(0.97 0.015 272)",
            "100": "oklch(0.94 0.03 272)",
            "200": "oklch(0.89 0.06 272)",
            "300": "oklch(0.82 0.09 272)",
            "400": "oklch(0.74 0.13 272)",
            "500": "oklch(0.66 0.16 272)",
            "600": "oklch(0.5 0.19 272)",
            "700": "oklch(0.43 0.19 272)",
            "800": "oklch(0.37 0.16 272)",
            "900": "oklch(0.31 0.12 272)",
            "950": "oklch(0.23 0.08 272)",
        },
    },
}
