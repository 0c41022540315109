"""Bars that divide one whole, one above the other: how each model splits a deal among its touches."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from clg.charts.figure import scroller
from clg.charts.svg import Number, drawing, element, join, label, letters

NAMES = 184
ROW = 44
GAP = 2
MOST_TONES = 5
WIDE = 680


def tone_of(place: int, count: int) -> int:
    """The tone, 1 light to 5 dark, of thing `place` (from 0) of `count` things in order."""
    if count <= 1:
        return 3
    if count <= MOST_TONES:
        return place + 1
    return 1 + place * MOST_TONES // count


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece: its share of the whole (0 to 1), its number or name, its tone (o1 to o5, o0 = rest)."""

    share: float
    mark: str
    tone: str


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One whole, for instance one model, with its pieces in order. No pieces: `note` says why."""

    name: str
    note: str
    segments: Sequence[Segment]


def share_rows(rows: Sequence[ShareRow], *, alt: str, width: int = 784) -> SafeString:
    """Bars of equal length, one under the other; a piece too narrow for its text is drawn without."""
    pieces = (_row(row, 6 + index * ROW, width) for index, row in enumerate(rows))
    size = "drawn" if width >= WIDE else "drawn short"
    return scroller(drawing(*pieces, width=width, height=max(len(rows), 1) * ROW - 6, alt=alt, class_=size))


def _row(row: ShareRow, top: int, width: int) -> SafeString:
    head = (label(0, top + 12, row.name, "strong"), label(0, top + 27, row.note))
    return join((*head, *_segments(row.segments, top, width)))


def _segments(segments: Sequence[Segment], top: int, width: int) -> list[SafeString]:
    room = width - NAMES
    drawn, left = [], float(NAMES)
    for segment in segments:
        length = segment.share * room
        drawn.append(_segment(segment, left, top, max(length - GAP, 0.8)))
        left += length
    return drawn


def _segment(segment: Segment, left: Number, top: int, length: float) -> SafeString:
    block = element("rect", class_=segment.tone, x=left, y=top, width=length, height=28, rx=2)
    text = _fitting(segment, length)
    if not text:
        return block
    style = "mid" if segment.tone == "o0" else f"t{segment.tone.removeprefix('o').removeprefix('g-')}"
    return join((block, label(float(left) + length / 2, top + 18, text, style)))


def _fitting(segment: Segment, length: float) -> str:
    """The longest text that fits: number and percent, the number, nothing."""
    full = f"{segment.mark} · {percent(segment.share)}"
    return next((text for text in (full, segment.mark) if letters(text) + 8 <= length), "")


def percent(share: float) -> str:
    """0.279 -> '27.9 %', 0.4 -> '40 %'."""
    return f"{share * 100:.1f}".removesuffix(".0") + " %"
