"""How an empty list fills: the button that leads to where its rows come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Way:
    """A button: its words, the model of the screen it leads to as a string, the page there.

    An `act` is one of that list's own, to begin at once.
    """

    label: str
    model: str
    act: str = ""
    page: str = "changelist"

    @property
    def address(self) -> str:
        name = f"admin:{self.model.replace('.', '_')}"
        return reverse(f"{name}_do", args=[self.act]) if self.act else reverse(f"{name}_{self.page}")

    def is_open(self, request: HttpRequest) -> bool:
        """Whether this reader may go there: see the list, add a row, or be offered the act."""
        screen: Any = admin.site._registry[apps.get_model(self.model)]
        if self.page == "add":
            return bool(screen.has_add_permission(request))
        if not self.act:
            return bool(screen.has_view_permission(request))
        return any(act.is_offered(None, request.user) for act in screen.list_acts if act.name == self.act)


def open_ways(ways: Iterable[Way], request: HttpRequest) -> list[Way]:
    """The ways this reader may go, in order; a page offers the first."""
    return [way for way in ways if way.is_open(request)]
