"""Panels above the record of a page. A floor registers panels for its own pages and for pages of the floors below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

Panel = Callable[[HttpRequest, Model], SafeString | str]
"""Draws one part of a page; the empty string draws nothing. It may query: a page shows one row."""

_panels: dict[type[Model], list[tuple[int, Panel]]] = defaultdict(list)


def register_panel(model: type[Model], panel: Panel, *, place: int) -> None:
    """Show a panel on the page of a model; lower places stand higher."""
    _panels[model].append((place, panel))
    _panels[model].sort(key=lambda pair: pair[0])


def panels_for(request: HttpRequest, row: Model) -> list[SafeString | str]:
    """The panels of a row's page in order, drawn; empty ones are left out."""
    drawn = (panel(request, row) for _, panel in _panels[type(row)])
    return [panel for panel in drawn if panel]
