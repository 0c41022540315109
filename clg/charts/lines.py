"""Lines over time: the sparkline of a card, and the step line of a score that moves on certain days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor

from django.utils.safestring import SafeString

from clg.charts.figure import scroller
from clg.charts.svg import Number, Scale, drawing, element, join, label, line, path, px


def sparkline(
    values: Sequence[Number | None],
    *,
    alt: str,
    target: Number | None = None,
    width: int = 112,
    height: int = 28,
) -> SafeString:
    """A small line without axes. None leaves a gap; the last known value gets a dot."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return drawing(width=width, height=height, alt=alt, class_="spark")
    bounds = [*known, float(target)] if target is not None else known
    across = Scale(0, max(len(values) - 1, 1), 2, width - 4)
    upwards = Scale(min(bounds), max(bounds), height - 3, 3)
    dots = [(across(i), upwards(value)) if value is not None else None for i, value in enumerate(values)]
    end = next(dot for dot in reversed(dots) if dot)
    return drawing(
        path(line(0, upwards(target), width, upwards(target)), class_="target") if target is not None else "",
        path(_strokes(dots), class_="g-stroke"),
        element("circle", class_="g-dot", cx=end[0], cy=end[1], r=2.5),
        width=width,
        height=height,
        alt=alt,
        class_="spark",
    )


def _strokes(dots: Iterable[tuple[float, float] | None]) -> str:
    """Path data that lifts the pen at every gap."""
    data, is_down = "", False
    for dot in dots:
        if dot:
            data += f"{'L' if is_down else 'M'}{px(dot[0])} {px(dot[1])}"
        is_down = dot is not None
    return data


@dataclass(frozen=True, slots=True)
class Step:
    """From this day on the value holds; None = unknown from here."""

    on: date
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Level:
    """A named line across the chart, for instance the start of a band."""

    value: int
    name: str


def step_line(
    steps: Sequence[Step],
    *,
    since: date,
    until: date,
    alt: str,
    levels: Sequence[Level] = (),
    width: int = 544,
    height: int = 156,
) -> SafeString:
    """A value that holds until the next step, between two days; earlier steps give the value at the start."""
    low, high = _bounds(steps, levels)
    across = Scale(since.toordinal(), max(until.toordinal(), since.toordinal() + 1), 36, width - 48)
    upwards = Scale(low, high, height - 30, 14)
    pieces = (
        _axis(upwards, levels, width),
        path(_held(_inside(steps, since), until, across, upwards), class_="g-stroke"),
        _last(steps, across(until.toordinal()), upwards),
        label(36, height - 6, _day(since)),
        label((across.start + across.end) / 2, height - 6, _day(_middle(since, until)), "mid"),
        label(across.end, height - 6, _day(until), "end"),
    )
    return scroller(drawing(*pieces, width=width, height=height, alt=alt, class_="drawn short"))


def _bounds(steps: Sequence[Step], levels: Sequence[Level]) -> tuple[int, int]:
    """Whole tens around all that is drawn, with room of five below and above."""
    values = [float(step.value) for step in steps if step.value is not None] or [0.0, 100.0]
    values += [level.value for level in levels]
    return max(0, floor((min(values) - 5) / 10) * 10), min(100, ceil((max(values) + 5) / 10) * 10)


def _axis(upwards: Scale, levels: Sequence[Level], width: int) -> SafeString:
    edges = (upwards.low, upwards.high)
    lines = [line(36, upwards(edge), width - 48, upwards(edge)) for edge in edges]
    dashes = [line(36, upwards(level.value), width - 48, upwards(level.value)) for level in levels]
    marks = (*edges, *(level.value for level in levels))
    return join(
        (
            path(*lines, class_="g-line"),
            path(*dashes, class_="g-dash") if dashes else "",
            *(label(30, upwards(mark) + 4, f"{mark:g}", "end") for mark in marks),
            *(label(40, upwards(level.value) - 5, level.name) for level in levels),
        )
    )


def _inside(steps: Sequence[Step], since: date) -> list[Step]:
    """The steps from `since` on, the one in force at its start moved to that day."""
    ordered = sorted(steps, key=lambda step: step.on)
    before = [step for step in ordered if step.on <= since]
    return [*(Step(since, step.value) for step in before[-1:]), *(s for s in ordered if s.on > since)]


def _held(steps: Sequence[Step], until: date, across: Scale, upwards: Scale) -> str:
    """Path data of horizontal runs joined by verticals; unknown runs are left out."""
    data, is_down = "", False
    for step, following in pairwise([*steps, Step(until, None)]):
        if step.value is not None:
            x, y = across(step.on.toordinal()), upwards(step.value)
            data += f"V{px(y)}" if is_down else f"M{px(x)} {px(y)}"
            data += f"H{px(across(following.on.toordinal()))}"
        is_down = step.value is not None
    return data


def _last(steps: Sequence[Step], x: float, upwards: Scale) -> SafeString | str:
    value = max(steps, key=lambda step: step.on).value if steps else None
    if value is None:
        return ""
    text = f"{value:.1f}"
    dot = element("circle", class_="g-dot", cx=x, cy=upwards(value), r=3.5)
    return join((dot, label(x + 8, upwards(value) + 4, text, "strong")))


def _middle(since: date, until: date) -> date:
    return date.fromordinal((since.toordinal() + until.toordinal()) // 2)


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
