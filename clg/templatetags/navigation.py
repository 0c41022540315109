"""Where a page stands in the sidebar, for its heading."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest

from clg.admin.navigation import Place, place_of

register = template.Library()


@register.simple_tag(takes_context=True)
def place(context: Any, opts: Any) -> Place:
    """The group and the words under which the list of this model, filtered as it is, stands in the sidebar."""
    request: HttpRequest = context["request"]
    return place_of(opts, request.GET, request.path)


@register.simple_tag(takes_context=True)
def sidebar_hint(context: Any) -> str:
    """The keys that open the search, as this reader's keyboard names them."""
    request: HttpRequest = context["request"]
    return "⌘ K" if "Macintosh" in request.headers.get("User-Agent", "") else "Ctrl K"
