"""JSON written by msgspec, much faster than by the standard library: the same values, durations by ISO 8601."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from rest_framework.renderers import BaseRenderer
from rest_framework.utils.encoders import JSONEncoder

_UNKNOWN: Final = JSONEncoder()


class FastJSONRenderer(BaseRenderer):
    """Compact JSON in UTF-8; nothing at all for no data."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is bytes

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else _ENCODER.encode(data)


def _plain(value: Any) -> Any:
    """What msgspec does not know: heirs of texts and numbers, and what the library knows to write."""
    if isinstance(value, str):
        return str.__str__(value)  # a safe text answers `str()` with itself
    return int(value) if isinstance(value, int) else _UNKNOWN.default(value)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number")
