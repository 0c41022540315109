"""How the OpenAPI documents are made: operation ids, error answers, parameters. `crm-sync` section 1."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    """drf-spectacular's inspector with our conventions."""


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Last touches on the whole document."""
    return result
