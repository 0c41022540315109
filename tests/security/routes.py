"""Every address of the site with its methods, found by walking the URL configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.contrib import admin
from django.urls import get_resolver
from django.views.generic import RedirectView

# What stands where an address names a row, when the test of it brings none.
UNKNOWN: Final[Mapping[str, str]] = {
    "public_id": "xxx_" + "0" * 32,
    "external_id": "nobody",
    "key": "influenced-linear",
    "code": "not_found",
    "object_id": "0",
    "content_type_id": "1",
    "name": "nothing",
    "pk": "0",
    "uidb36": "0",
    "app_label": "accounts",
    "url": "nothing",
    "token": "nothing",
    "rest": "1/2",
}
# Pages that Django or allauth answer by function, which says nothing of its methods: those that only read.
_READ_ONLY: Final = re.compile(
    r"^(healthz|readyz|problems|admin/(r/|jsi18n|search|autocomplete|\(|\^|$)|api/v1/docs/)|/done/$|/export\.csv$"
    r"|/failed-rows/$|/duplicates/$"
)
_WRITE_ONLY: Final = re.compile(r"/filters/(save|<int:key>/forget)/$")
_SPOKEN: Final = ("get", "post", "put", "patch", "delete")


def walked(resolver: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Patterns as the configuration writes them, `api/v1/accounts/<str:public_id>`, with the view behind each."""
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from walked(entry, pattern)
        else:
            yield pattern, entry.callback


def routes() -> list[str]:
    """`GET api/v1/accounts`, one a method; acts of the admin by their name."""
    found = {
        f"{method} {named}"
        for route, view in walked(get_resolver())
        for named in _acts_of(route)
        for method in _methods(route, view)
    }
    return sorted(found)


def _acts_of(route: str) -> list[str]:
    """The route itself, or one a registered act where it stands for acts of a row or of a list."""
    if not route.endswith(("/act/<slug:name>/", "/do/<slug:name>/")):
        return [route]
    app, model = route.split("/")[1:3]
    screen = next(s for m, s in admin.site._registry.items() if m._meta.label_lower == f"{app}.{model}")
    acts = screen.all_acts() if "/act/" in route else screen.list_acts
    return [route.replace("<slug:name>", act.name) for act in acts]


def _methods(route: str, view: Any) -> list[str]:
    """What the view answers; HEAD and OPTIONS go with GET, a redirect is the same for every method."""
    actions = getattr(view, "actions", None)
    if actions is not None:
        return [method.upper() for method in actions if method != "head"]
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if cls is not None and not issubclass(cls, RedirectView):
        return [name.upper() for name in _SPOKEN if name in cls.http_method_names and hasattr(cls, name)]
    if _WRITE_ONLY.search(route):
        return ["POST"]
    return ["GET"] if cls is not None or _READ_ONLY.search(route) else ["GET", "POST"]


def address_of(route: str, **named: str) -> str:
    """A path that the route matches, with these names in place."""
    given = {**UNKNOWN, **named}
    route = route.replace("<int:key>", "1")
    filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: given[m[1]], re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route))
    return "/" + filled.replace("^", "").replace("$", "").replace("\\", "")
