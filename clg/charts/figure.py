"""The frame around every chart: the finding as title, unit and sample size, the numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from clg.charts.svg import join

FLUSH = SafeString(' class="n"')


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a chart as text. `numeric` names the columns, from 0, that are set flush right."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()
    summary: str = "Show as a table"


def figure(
    *,
    title: str,
    note: str,
    body: str,
    table: Table | None = None,
    key: str = "",
    remark: str = "",
) -> SafeString:
    """A figure element. `key` is the class of the color key before the title: sourced or influenced."""
    return format_html(
        '<figure class="plot"><figcaption><h2>{}{}</h2><p>{}</p></figcaption>{}{}{}</figure>',
        format_html('<i class="key {}"></i>', key) if key else "",
        title,
        note,
        body,
        format_html('<p class="sub">{}</p>', remark) if remark else "",
        details(table) if table else "",
    )


def scroller(svg: str, name: str = "Chart, scrolls sideways") -> SafeString:
    """Lets a wide drawing keep its text size on a phone; focusable, so that the keyboard scrolls it too."""
    return format_html('<div class="scroll" tabindex="0" role="group" aria-label="{}">{}</div>', name, svg)


def details(table: Table) -> SafeString:
    """The table behind a summary, closed at first."""
    return format_html(
        '<details class="more"><summary>{}</summary><div class="table"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>",
        table.summary,
        format_html_join(
            "", '<th scope="col"{}>{}</th>', ((_flush(table, i), head) for i, head in enumerate(table.head))
        ),
        join(_row(table, row) for row in table.rows),
    )


def _row(table: Table, row: Sequence[str]) -> SafeString:
    """The first cell names the row."""
    cells = ((_flush(table, index), cell) for index, cell in enumerate(row[1:], 1))
    first = format_html('<th scope="row"{}>{}</th>', _flush(table, 0), row[0])
    return format_html("<tr>{}{}</tr>", first, format_html_join("", "<td{}>{}</td>", cells))


def _flush(table: Table, column: int) -> str:
    return FLUSH if column in table.numeric else ""
