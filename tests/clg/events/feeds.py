"""Readers of the change feed in tests: a client that asks for pages and keeps its cursor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.test import Client


class Reader:
    """Follows the feed from a start; `query` goes with every page."""

    def __init__(self, client: Client, *, start: str = "now", **query: Any) -> None:
        self.client, self.query = client, query
        self.way: dict[str, Any] = {"from": start}

    def page(self, **more: Any) -> dict[str, Any]:
        """One answer; the cursor moves on."""
        answer = self.client.get("/api/v1/changes", {**self.way, **self.query, **more})
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        self.way = {"cursor": body["next_cursor"]}
        return body

    def rest(self) -> Iterator[dict[str, Any]]:
        """Every entry up to the end of now."""
        more = True
        while more:
            body = self.page()
            more = body["has_more"]
            yield from body["data"]
