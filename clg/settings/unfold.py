"""The admin theme: words, order of the sidebar, colors. Screens name apps only as strings."""

from __future__ import annotations

UNFOLD: dict[str, object] = {
    "SITE_TITLE": "CLG",
    "SITE_HEADER": "CLG",
}
