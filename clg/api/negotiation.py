"""Which media an answer may have: JSON, and for errors the problem type."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JsonOnly(BaseContentNegotiation):
    """JSON unless Accept admits neither it nor the problem type; the parser by the body's media type."""

    admitted: tuple[str, ...] = ("*/*", "application/*", "application/json", "application/problem+json")

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        media = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        wanted = wanted_media(request)
        first = next(iter(renderers))
        if any(media in wanted for media in (*self.admitted, first.media_type)):
            return first, str(first.media_type)
        raise NotAcceptable


def wanted_media(request: HttpRequest) -> list[str]:
    """The media types that Accept names and does not refuse."""
    accepted = request.META.get("HTTP_ACCEPT") or "*/*"
    return [_media(part) for part in accepted.split(",")]


def _media(part: str) -> str:
    """The media type of one part of Accept, empty when its weight is zero."""
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    refused = any(parameter.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for parameter in parameters)
    return "" if refused else media
