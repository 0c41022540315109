"""Bars that lie: amounts side by side, the parts of a score, a meter. Text is HTML and reflows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString

from clg.charts.svg import Number, element, join


@dataclass(frozen=True, slots=True)
class Bar:
    """One amount: its name, its length, the amount in words, and where a click leads."""

    name: str
    value: Number
    text: str
    note: str = ""
    href: str = ""


def bars(rows: Sequence[Bar], *, tone: str = "accent") -> SafeString:
    """Horizontal bars on one scale; `tone` is accent, sourced, influenced or mute."""
    longest = max((float(row.value) for row in rows), default=0)
    return format_html('<ul class="bars">{}</ul>', join(_bar(row, longest, tone) for row in rows))


def _bar(row: Bar, longest: float, tone: str) -> SafeString:
    name = format_html('<a href="{}">{}</a>', row.href, row.name) if row.href else row.name
    return format_html(
        '<li><span class="name">{}</span><span class="from">{}</span>{}<span class="pts">{}</span></li>',
        name,
        row.note,
        _track((_strip(0, _share(row.value, longest), f"g-{tone}"),)),
        row.text,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: the most it can give, what it gave, and why. `most` None = missing, left out."""

    name: str
    note: str
    got: Decimal | None
    most: Decimal | None


def part_bars(parts: Sequence[Part], *, note: str = "") -> SafeString:
    """The why-panel: track = the most a part can give, fill = what it gave, all on one scale.

    The last line is the sum, taken from the parts here: a reader sees that it equals the score.
    """
    widest = max((float(part.most) for part in parts if part.most), default=0)
    known = [part.got for part in parts if part.got is not None]
    total = f"{sum(known, Decimal(0)):.2f}" if known else "—"
    return format_html(
        '<ul class="parts">{}<li class="sum"><span>Sum of the parts</span><span class="note">{}</span>'
        '<span class="pts">{}</span></li></ul>',
        join(_part(part, widest) for part in parts),
        note,
        total,
    )


def _part(part: Part, widest: float) -> SafeString:
    if part.got is None or part.most is None:
        return _part_row(part, "missing", (_strip(0, 0.6, "most"),), "—")
    tracks = (_strip(0, _share(part.most, widest), "most"), _strip(0, _share(part.got, widest), "got"))
    return _part_row(part, "", tracks, format_html("{}<small>of {}</small>", f"{part.got:.2f}", f"{part.most:.2f}"))


def _part_row(part: Part, state: str, strips: Sequence[str], points: str) -> SafeString:
    return format_html(
        '<li{}><span class="name">{}</span><span class="from">{}</span>{}<span class="pts">{}</span></li>',
        format_html(' class="{}"', state) if state else "",
        part.name,
        part.note,
        _track(strips),
        points,
    )


def meter(value: Number | None, *, ceiling: Number = 100, tick: Number | None = None, tone: str = "") -> SafeString:
    """The thin bar under a number, with a tick where the next band starts. None = an empty bar."""
    length = _share(value, float(ceiling)) if value is not None else 0
    mark = element("rect", class_="tick", x=_share(tick, float(ceiling)), width="0.6", height=6) if tick else ""
    return element(
        "svg",
        join((element("rect", width=f"{length:.2f}", height=6), mark)),
        class_=f"bar {tone}".strip(),
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _track(strips: Sequence[str]) -> SafeString:
    return element(
        "svg",
        join(strips),
        class_="track",
        viewBox="0 0 100 14",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _strip(x: Number, width: float, class_: str) -> SafeString:
    return element("rect", class_=class_, x=x, width=f"{width:.2f}", height=14, rx=1)


def _share(value: Number, whole: float) -> float:
    """Percent of the whole, between 0 and 100; a whole of zero gives 0."""
    return min(100.0, max(0.0, float(value) / whole * 100)) if whole else 0.0
