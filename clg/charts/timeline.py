"""The touch timeline of a deal: which encounters counted, around which milestones, in which window."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.safestring import SafeString

from clg.charts.figure import scroller
from clg.charts.svg import Scale, drawing, element, join, label, letters, line, path

SIDE = 10
RADIUS = 13
SMALL = 5
LANE = 30
MOST_LANES = 4
ROW = 16
# Half the width of a month with its year: nearer to the edge its first letters would be cut off.
HALF_LABEL = 28
MONTHS_A_LABEL = (1, 2, 3, 6, 12, 24)


@dataclass(frozen=True, slots=True)
class TouchMark:
    """A touch that counts: its number, its moment, its tone (1 to 5) and what a pointer over it reads."""

    mark: str
    at: datetime
    tone: int
    title: str


@dataclass(frozen=True, slots=True)
class RefusedMark:
    """An encounter that earns nothing: its letter, its moment, and why."""

    mark: str
    at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """A moment of the deal, for instance opened or won; `is_anchor` marks the model's milestone."""

    at: datetime
    text: str
    is_anchor: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """The span in which a touch may count, and the sentence that says how it is set."""

    since: datetime
    until: datetime
    text: str


def touch_timeline(
    touches: Sequence[TouchMark],
    *,
    refused: Sequence[RefusedMark],
    milestones: Sequence[Milestone],
    window: Window,
    alt: str,
    width: int = 1130,
) -> SafeString:
    """Counted touches above the line, refused ones below, the window shaded, milestones as lines.

    Marks that would cover each other move to a further lane; past the fourth lane they are drawn small.
    """
    across = _across(touches, refused, milestones, window, width)
    counted = _lanes([across(_stamp(touch.at)) for touch in touches])
    below = _lanes([across(_stamp(mark.at)) for mark in refused])
    names = _names(milestones, across)
    top = 26 + ROW * max((name.row for name in names), default=0)
    base = top + 48 + LANE * (max(counted, default=0) + 1)
    foot = base + (LANE * (max(below, default=0) + 1) + 14 if refused else 12)
    pieces = (
        _shade(window, across, top, base),
        path(line(SIDE, base, width - SIDE, base), class_="g-zero"),
        path(line(_x(across, window.since), top, _x(across, window.since), base), class_="g-dash"),
        *(_milestone(name, base) for name in names),
        *(_stem(t, lane, across, base) for t, lane in zip(touches, counted, strict=True)),
        *(_touch(t, lane, across, base) for t, lane in zip(touches, counted, strict=True)),
        *(_refused(r, lane, across, base) for r, lane in zip(refused, below, strict=True)),
        *_months(across, foot + 20),
    )
    return scroller(drawing(*pieces, width=width, height=foot + 28, alt=alt, class_="drawn long"))


def _across(
    touches: Iterable[TouchMark],
    refused: Iterable[RefusedMark],
    milestones: Iterable[Milestone],
    window: Window,
    width: int,
) -> Scale:
    """The axis from a little before the first moment to a little after the last."""
    moments = [thing.at for group in (touches, refused, milestones) for thing in group]
    first, last = min([*moments, window.since]), max([*moments, window.until])
    room = max((last - first) * 0.06, timedelta(days=3))
    return Scale(_stamp(first - room), _stamp(last + room), SIDE, width - SIDE)


def _stamp(moment: datetime) -> float:
    return moment.timestamp()


def _x(across: Scale, moment: datetime) -> float:
    return across(_stamp(moment))


def _lanes(places: Sequence[float]) -> list[int]:
    """For marks in the order of time, the lane of each: the first whose last mark is a diameter away."""
    ends: list[float] = []
    lanes = []
    for x in places:
        free = next((i for i, end in enumerate(ends) if x - end >= 2 * RADIUS + 2), len(ends))
        lane = min(free, MOST_LANES)
        ends[lane : lane + 1] = [x]
        lanes.append(lane)
    return lanes


def _shade(window: Window, across: Scale, top: int, base: int) -> SafeString:
    """The window with its sentence; nothing is shaded when a deal closed before its window began."""
    left, right = _x(across, window.since), max(_x(across, window.since), _x(across, window.until))
    shade = element("rect", class_="g-window", x=left, y=top, width=right - left, height=base - top)
    return join((shade, label(left + 8, top + 18, window.text)))


@dataclass(frozen=True, slots=True)
class _Name:
    """Where the name of a milestone stands: its line, its row, the side it leans to, its span."""

    milestone: Milestone
    x: float
    row: int
    lean: str
    since: float
    until: float


def _names(milestones: Sequence[Milestone], across: Scale) -> list[_Name]:
    """Names over their lines; two that collide turn away from each other, a third takes a row below."""
    names: list[_Name] = []
    for milestone in sorted(milestones, key=lambda one: one.at):
        x = _x(across, milestone.at)
        if names and not _is_free(_name(milestone, x, 0, "mid", across), names):
            turned = _name(names[-1].milestone, names[-1].x, names[-1].row, "end", across)
            names[-1:] = [turned if _is_free(turned, names[:-1]) else names[-1]]
        places = [(0, "mid"), (0, "start"), (1, "start"), (2, "start"), (2, "end")]
        tries = [_name(milestone, x, row, lean, across) for row, lean in places]
        names.append(next((name for name in tries if _is_free(name, names)), tries[-1]))
    return names


def _name(milestone: Milestone, x: float, row: int, lean: str, across: Scale) -> _Name:
    wide = letters(milestone.text)
    if lean != "end" and x + (wide / 2 if lean == "mid" else wide) > across.end + SIDE:
        lean = "end"
    since = {"mid": x - wide / 2, "start": x + 4, "end": x - 4 - wide}[lean]
    return _Name(milestone, x, row, lean, since, since + wide)


def _is_free(name: _Name, others: Sequence[_Name]) -> bool:
    return all(other.row != name.row or other.until + 6 <= name.since for other in others)


def _milestone(name: _Name, base: int) -> SafeString:
    y = 14 + ROW * name.row
    text_x = {"mid": name.x, "start": name.since, "end": name.until}[name.lean]
    style = "strong" if name.lean == "start" else f"strong {name.lean}"
    from_y = y + 6 if name.lean == "mid" else y - 10
    stroke = path(line(name.x, from_y, name.x, base), class_="g-anchor" if name.milestone.is_anchor else "g-now")
    return join((stroke, label(text_x, y, name.milestone.text, style)))


def _stem(touch: TouchMark, lane: int, across: Scale, base: int) -> SafeString:
    x = _x(across, touch.at)
    return path(line(x, base - 28 - lane * LANE, x, base), class_="g-line")


def _touch(touch: TouchMark, lane: int, across: Scale, base: int) -> SafeString:
    x, y = _x(across, touch.at), base - 28 - lane * LANE
    radius = RADIUS if lane < MOST_LANES else SMALL
    number = label(x, y + 4, touch.mark, f"t{touch.tone}") if radius == RADIUS else ""
    return element(
        "g",
        join(
            (
                element("title", touch.title),
                element("circle", class_=f"o{touch.tone}", cx=x, cy=y, r=radius),
                number,
            )
        ),
    )


def _refused(mark: RefusedMark, lane: int, across: Scale, base: int) -> SafeString:
    x, y = _x(across, mark.at), base + 24 + lane * LANE
    radius = 9 if lane < MOST_LANES else SMALL
    letter = label(x, y + 4, mark.mark, "mid") if radius > SMALL else ""
    circle = element("circle", class_="g-out", cx=x, cy=y, r=radius)
    return element("g", join((element("title", mark.title), circle, letter)))


def _months(across: Scale, y: float) -> list[SafeString]:
    """Names of months along the axis, at most eight; the year stands at the first and at every new year."""
    starts = _month_starts(datetime.fromtimestamp(across.low, UTC), datetime.fromtimestamp(across.high, UTC))
    step = next((s for s in MONTHS_A_LABEL if len(starts) / s <= 8), MONTHS_A_LABEL[-1])
    shown, year = [], None
    fitting = (start for start in starts[::step] if _x(across, start) + 24 <= across.end + SIDE)
    for start in fitting:
        text = f"{start:%b %Y}" if start.year != year else f"{start:%b}"
        shown.append(label(max(_x(across, start), HALF_LABEL), y, text, "mid"))
        year = start.year
    return shown


def _month_starts(since: datetime, until: datetime) -> list[datetime]:
    first = since.year * 12 + since.month
    last = until.year * 12 + until.month - 1
    return [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(first, last + 1)]
