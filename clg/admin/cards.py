"""Cards of a page drawn from plain data: a heading of the row, a table with its empty state, a list of facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class TableCard:
    """A table: the first cell of a row names it; `numeric` columns, from 0, are set flush right.

    `empty` is what the card says when there are no rows: what belongs here, and how it comes.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str
    note: str = ""
    numeric: frozenset[int] = frozenset()
    more: str = ""

    def __str__(self) -> str:
        return self.drawn()

    def drawn(self) -> SafeString:
        table = [[(cell, head, i in self.numeric) for i, (cell, head) in enumerate(pairs)] for pairs in self._pairs()]
        columns = [(head, i in self.numeric) for i, head in enumerate(self.head)]
        return render_to_string("admin/clg/table_card.html", {"card": self, "columns": columns, "table": table})

    def _pairs(self) -> list[list[tuple[str, str]]]:
        return [list(zip(row, self.head, strict=True)) for row in self.rows]


def heading(title: str, facts: Sequence[str], *, initials: str = "") -> SafeString:
    """The name of a row with its facts in one line; empty facts are left out."""
    shown = [fact for fact in facts if fact]
    return render_to_string("admin/clg/heading.html", {"title": title, "facts": shown, "initials": initials})


def card(body: str) -> SafeString:
    """A drawing in a card of its own."""
    return format_html('<section class="card"><div class="body">{}</div></section>', body)


def beside(*cards: str) -> SafeString:
    """Cards side by side, under each other on a narrow screen."""
    return render_to_string("admin/clg/beside.html", {"cards": cards})
