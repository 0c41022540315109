"""Standing, bands and movements in words, tones and signs: the same on lists, pages and Today."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from advocacy.choices import AskState, Band, GrantState, RunStatus, Standing
from advocacy.models import Activity, Ask
from advocacy.permissions import may_know_champion
from advocacy.privacy import activity_title
from clg import wording
from clg.admin import cells

STANDING_TONES = {
    Standing.NOMINATED: ("info", ""),
    Standing.INVITED: ("info", ""),
    Standing.ACTIVE: ("good", "✓"),
    Standing.RESTING: ("quiet", ""),
    Standing.PAUSED: ("warn", ""),
    Standing.RETIRED: ("quiet", ""),
}
BAND_TONES = {Band.READY: "good", Band.WARMING: "warn", Band.NOT_READY: "bad", Band.UNKNOWN: "quiet"}
ASK_TONES = {
    AskState.RESERVED: ("info", ""),
    AskState.SENT: ("info", ""),
    AskState.ACCEPTED: ("good", ""),
    AskState.DONE: ("good", "✓"),
    AskState.DECLINED: ("warn", ""),
    AskState.MISSED: ("bad", "✕"),
}
GRANT_TONES = {
    GrantState.PROPOSED: ("info", ""),
    GrantState.PENDING_PERSON: ("info", ""),
    GrantState.PENDING_COMPANY: ("info", ""),
    GrantState.GRANTED: ("good", "✓"),
    GrantState.GRANTED_WITH_LIMITS: ("good", "✓"),
    GrantState.REFUSED: ("warn", ""),
    GrantState.WITHDRAWN: ("bad", "✕"),
}
RUN_TONES = {
    RunStatus.COMPLETED: ("good", "✓"),
    RunStatus.RUNNING: ("info", ""),
    RunStatus.QUEUED: ("quiet", ""),
    RunStatus.FAILED: ("bad", "✕"),
}


def activity_link(activity: Activity, reader: Any) -> SafeString | str:
    """The act, leading to its page, or only its kind for readers who do not know its champion."""
    title = activity_title(activity, reader)
    return cells.link(activity, title) if may_know_champion(reader, activity.champion) else title


def champion_link(champion: Any, reader: Any) -> SafeString | str:
    """The champion of a list, as the reader may know the person, leading to the page where the reader may open it."""
    name: str = champion.shown_name
    return cells.link(champion, name) if may_know_champion(reader, champion) else name


def standing_tag(champion: Any) -> SafeString:
    tone, sign = STANDING_TONES[Standing(champion.standing)]
    return cells.tag(champion.get_standing_display(), tone, sign)


def band_tag(band: str) -> SafeString:
    return cells.tag(str(Band(band).label), BAND_TONES[Band(band)])


def run_tag(status: str) -> SafeString:
    tone, sign = RUN_TONES[RunStatus(status)]
    return cells.tag(str(RunStatus(status).label), tone, sign)


def ask_tag(state: str) -> SafeString:
    tone, sign = ASK_TONES.get(AskState(state), ("quiet", ""))
    return cells.tag(str(AskState(state).label), tone, sign)


def grant_tag(state: str) -> SafeString:
    tone, sign = GRANT_TONES.get(GrantState(state), ("quiet", ""))
    return cells.tag(str(GrantState(state).label), tone, sign)


def ask_marks(row: Ask) -> SafeString:
    """What is out of the ordinary: gates passed over, asked outside this tool, over the budget."""
    marks = [
        cells.tag("Gates passed over", "warn") if row.gates else "",
        cells.tag("Off-tool") if row.state == AskState.LOGGED else "",
        cells.tag("Over budget", "bad") if row.over_budget else "",
    ]
    shown = [(mark,) for mark in marks if mark]
    return format_html_join(" ", "{}", shown) if shown else cells.QUIET


def score_cell(readiness: Any, moved: Decimal | None) -> SafeString:
    """'78.61 ↑ 4.2 Ready': number, arrow over 30 days, band word."""
    if readiness is None:
        return format_html('<span class="clg-score"><b>—</b>{}</span>', band_tag(Band.UNKNOWN))
    return format_html(
        '<span class="clg-score"><b>{}</b>{}{}</span>', readiness, arrow(moved), band_tag(readiness.band)
    )


def arrow(moved: Decimal | None) -> SafeString:
    """The movement over 30 days by sign and number; moves below a full point are called steady."""
    if moved is None:
        return format_html('<span class="clg-move" title="{}">{}</span>', "No score 30 days ago", "new")
    if abs(moved) < 1:
        return format_html('<span class="clg-move" title="{}">{}</span>', "Less than a point in 30 days", "→")
    sign = "↑" if moved > 0 else "↓"
    said = f"{wording.signed(moved)} points in 30 days"
    return format_html(
        '<span class="clg-move {}" title="{}">{} {}</span>',
        "up" if moved > 0 else "down",
        said,
        sign,
        wording.number(abs(moved), 1),
    )


_RAW_WORDS = {
    "relationship": "grade {} of 5",
    "nps": "{} of 10",
    "health": "{} of 100",
    "success_plan": "{} % of outcomes confirmed",
    "usage": "{} % of seats active",
    "adoption": "{} % of core features",
    "sentiment": "tone {} of 1",
    "support": "open load {}",
    "executive_review": "grade {} of 5",
    "usage_trend": "{} % active users",
    "csat": "{} of 5",
    "tenure": "{} months a customer",
    "community": "{} helpful acts",
    "escalation": "{} open",
    "risk": "level {}",
}


def raw_words(kind: str, raw: Decimal) -> str:
    """A raw value in the words of its kind: 'nps' 9 -> '9 of 10'."""
    figure = wording.plain(raw)
    if kind == "usage_trend" and raw > 0:
        figure = f"+{figure}"
    return _RAW_WORDS[kind].format(figure)
