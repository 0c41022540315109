"""Columns that stand: one amount a period, from a zero line, with whiskers where the amount is a range."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from clg.charts.figure import scroller
from clg.charts.svg import Number, Scale, drawing, element, join, label, line, path, ticks

LEFT = 56
TOP = 26
FOOT = 26


@dataclass(frozen=True, slots=True)
class Column:
    """One period. `low` and `high` draw a whisker; `is_open` says that the period still runs."""

    name: str
    value: Number
    text: str
    low: Number | None = None
    high: Number | None = None
    is_open: bool = False


def columns(
    rows: Sequence[Column],
    *,
    alt: str,
    tick_text: Callable[[float], str],
    tone: str = "accent",
    ceiling: Number | None = None,
    width: int = 570,
    height: int = 192,
) -> SafeString:
    """Columns in the order given. Charts side by side share a `ceiling`, so that heights compare."""
    marks = ticks(ceiling if ceiling is not None else _highest(rows))
    upwards = Scale(0, marks[-1] if marks else 1, height - FOOT, TOP)
    slot = (width - LEFT - 10) / max(len(rows), 1)
    pieces = (_column(row, LEFT + slot * (i + 0.5), slot, upwards, tone) for i, row in enumerate(rows))
    grid = _grid(marks, upwards, width, tick_text)
    return scroller(drawing(grid, *pieces, width=width, height=height, alt=alt, class_="drawn short"))


def _highest(rows: Sequence[Column]) -> float:
    return max((float(row.high if row.high is not None else row.value) for row in rows), default=0)


def _grid(marks: Sequence[float], upwards: Scale, width: int, tick_text: Callable[[float], str]) -> SafeString:
    lines = (path(line(LEFT - 8, upwards(mark), width - 10, upwards(mark)), class_="g-line") for mark in marks)
    texts = (label(LEFT - 14, upwards(mark) + 4, tick_text(mark), "end") for mark in marks)
    zero = path(line(LEFT - 8, upwards(0), width - 10, upwards(0)), class_="g-zero")
    return join((*lines, *texts, zero, label(LEFT - 14, upwards(0) + 4, "0", "end")))


def _column(row: Column, middle: float, slot: float, upwards: Scale, tone: str) -> SafeString:
    thick = min(72.0, slot * 0.62)
    top = min(upwards(row.value), upwards(0))
    bar = element(
        "rect",
        class_=f"g-{tone} g-open" if row.is_open else f"g-{tone}",
        x=middle - thick / 2,
        y=top,
        width=thick,
        height=upwards(0) - top,
        rx=3,
    )
    peak = min(top, upwards(row.high)) if row.high is not None else top
    return join(
        (
            bar if row.value else "",
            _whisker(row, middle, upwards),
            label(middle, peak - 7, row.text, "strong mid"),
            label(middle, upwards(0) + 20, row.name, "mid"),
        )
    )


def _whisker(row: Column, middle: float, upwards: Scale) -> SafeString | str:
    if row.low is None or row.high is None or row.low == row.high:
        return ""
    low, high = upwards(row.low), upwards(row.high)
    caps = (line(middle - 6, edge, middle + 6, edge) for edge in (low, high))
    return path(line(middle, low, middle, high), *caps, class_="g-whisk")
