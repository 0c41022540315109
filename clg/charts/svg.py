"""Bricks of a drawing: escaped elements, short numbers, and where a value lies on an axis.

Drawings carry classes, never colors, `style` attributes or scripts, so they hold under the strictest content
security policy and follow the theme of the page. The classes are in `static/clg/app.css`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Number = int | float | Decimal

LETTER_WIDTH = 6.4
"""Pixels a letter takes on average at the 12 px of chart labels; wide enough for capitals in the mix."""


def px(value: Number) -> str:
    """A coordinate with at most one decimal: 12.04 -> '12', 12.06 -> '12.1'."""
    text = f"{float(value):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(name: str, content: str = "", **attributes: str | Number | None) -> SafeString:
    """One element. `class_` gives class, `aria_label` aria-label; None leaves an attribute out."""
    pairs = ((_attribute(key), _text(value)) for key, value in attributes.items() if value is not None)
    head = format_html_join("", ' {}="{}"', pairs)
    return format_html("<{}{}>{}</{}>", name, head, content, name)


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _text(value: str | Number) -> str:
    return value if isinstance(value, str) else px(value)


def join(pieces: Iterable[str]) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def drawing(
    *pieces: str, width: Number, height: Number, alt: str, class_: str = "drawn", stretch: bool = False
) -> SafeString:
    """The svg element itself: an image with a text alternative, in pixels of the width it is shown at."""
    return element(
        "svg",
        join(pieces),
        class_=class_,
        viewBox=f"0 0 {px(width)} {px(height)}",
        preserveAspectRatio="none" if stretch else None,
        role="img",
        aria_label=alt,
    )


def path(*steps: str, class_: str) -> SafeString:
    return element("path", class_=class_, d="".join(steps))


def line(x1: Number, y1: Number, x2: Number, y2: Number) -> str:
    """A piece of path data: one straight line."""
    if y1 == y2:
        return f"M{px(x1)} {px(y1)}H{px(x2)}"
    if x1 == x2:
        return f"M{px(x1)} {px(y1)}V{px(y2)}"
    return f"M{px(x1)} {px(y1)}L{px(x2)} {px(y2)}"


def label(x: Number, y: Number, text: str, class_: str | None = None) -> SafeString:
    return element("text", text, class_=class_, x=x, y=y)


def letters(text: str) -> float:
    """Roughly how many pixels a chart label takes."""
    return len(text) * LETTER_WIDTH


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from low to high onto pixels from start to end; a flat range maps to the middle."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: Number) -> float:
        span = self.high - self.low
        if span == 0:
            return (self.start + self.end) / 2
        return self.start + (float(value) - self.low) / span * (self.end - self.start)


def ticks(ceiling: Number, count: int = 3) -> Sequence[float]:
    """Round steps above zero up to the first at or above the ceiling; none when the ceiling is zero.

    Steps are 1, 2, 2.5 or 5 times a power of ten, at most `count + 1` of them.
    """
    top = float(ceiling)
    if top <= 0:
        return ()
    raw = top / count
    power = 10.0 ** floor(log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if raw <= power * factor * 1.000001)
    return tuple(step * index for index in range(1, ceil(round(top / step, 6)) + 1))
