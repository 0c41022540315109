"""What waits for the reader of Today: nominations, touches to review, silent signals, a run that failed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from accounts.models import Signal
from advocacy.admin.words import RUN_TONES
from advocacy.choices import RunStatus
from advocacy.models import AttributionRun, Champion, Touch
from advocacy.permissions import may_run_attribution, may_run_pool, may_see_attribution, may_see_pool
from advocacy.readiness.silence import silent_sources
from clg import wording
from clg.admin import cells


@dataclass(frozen=True)
class Need:
    """One thing that waits: how many, what, why it matters, where to go."""

    count: str
    title: str
    text: str
    address: str
    tone: str = "info"


def needs_of(reader: Any, now: dt.datetime) -> list[Need]:
    needs = [*_nominations(reader, now), *_reviews(reader), *_silence(reader, now), *_failures(reader)]
    return [need for need in needs if need]


def _nominations(reader: Any, now: dt.datetime) -> list[Need]:
    if not may_run_pool(reader):
        return []
    waiting = Champion.objects.visible_to(reader).nominated().order_by("standing_since")
    number = waiting.count()
    oldest = waiting.values_list("standing_since", flat=True).first()
    if oldest is None:
        return []
    days = (now - oldest).days
    return [
        Need(
            wording.number(number),
            "Nominations wait for a yes or no",
            f"The oldest for {wording.count(days, 'day')}. After 60 days they lapse.",
            cells.list_address(Champion, "standing=nominated"),
            "warn" if days > 7 else "info",
        )
    ]


def _reviews(reader: Any) -> list[Need]:
    if not may_run_attribution(reader):
        return []
    number = Touch.objects.visible_to(reader).to_review().count()
    if not number:
        return []
    text = "Weak matches and suspected doubles: credit stands on them until somebody looks."
    return [Need(wording.number(number), "Touches to review", text, cells.list_address(Touch, "review=1"))]


def _silence(reader: Any, now: dt.datetime) -> list[Need]:
    if not may_see_pool(reader):
        return []
    silent = silent_sources(reader=reader, at=now)
    if not silent:
        return []
    names = ", ".join(f"{one.label} from {one.source}" for one in silent[:3])
    more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
    text = f"{names}{more}: nothing for three half-lives, so scores no longer hear them."
    return [Need(wording.number(len(silent)), "Signals have gone silent", text, cells.list_address(Signal), "warn")]


def _failures(reader: Any) -> list[Need]:
    if not may_see_attribution(reader):
        return []
    last = AttributionRun.objects.visible_to(reader).first()
    if last is None or last.status != RunStatus.FAILED:
        return []
    tone, _ = RUN_TONES[RunStatus.FAILED]
    return [Need("1", "The last run failed", last.error[:200], cells.address(last), tone)]
