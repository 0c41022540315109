"""What each gate says to a person: what holds and until when. The name of the champion is the page's to add."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from advocacy.choices import Gate, Standing
from clg import wording


def sentence(code: str, detail: str, until: dt.date | None) -> str:
    """One sentence of a failing gate; `detail` is the word or number that the gate found."""
    text = _SENTENCES[code](detail)
    return f"{text} until {wording.day(until)}." if until else f"{text}."


def _standing(detail: str) -> str:
    return f"Not an active champion: {Standing(detail).label.lower()}"


def _pause(detail: str) -> str:
    return "Paused by their own wish" if detail == "person" else "Paused by our team"


def _risk(detail: str) -> str:
    return "The account is at risk" if detail == "customer" else "The account is not a customer"


_SENTENCES: Final[dict[str, Callable[[str], str]]] = {
    Gate.NOT_ACTIVE: _standing,
    Gate.LEFT_COMPANY: lambda day: f"Left the company on {wording.day(dt.date.fromisoformat(day))}",
    Gate.PAUSED: _pause,
    Gate.NO_PERSON_GRANT: lambda _: "The person has given no permission that covers this",
    Gate.NO_COMPANY_GRANT: lambda _: "The company has given no permission that covers this",
    Gate.PUBLIC_SECTOR_LIMIT: lambda why: why,
    Gate.PROSPECT_CONFLICT: lambda _: "This champion does not serve this prospect",
    Gate.ESCALATION_OPEN: lambda _: "The account has an open escalation",
    Gate.ACCOUNT_AT_RISK: _risk,
    Gate.RENEWAL_WINDOW: lambda day: f"Renewal on {wording.day(dt.date.fromisoformat(day))}; no asks around it",
    Gate.RESTING: lambda _: "Resting",
    Gate.DECLINED_RECENTLY: lambda _: "Said no to a recent ask; not asked again",
    Gate.ASK_PENDING: lambda n: "Another ask is open" if n == "1" else f"{n} other asks are open",
    Gate.CAP_USE: lambda n: f"Asked for this {n} times in 90 days, the most allowed; not asked again",
    Gate.CAP_ALL: lambda n: f"Asked {n} times in 90 days, the most allowed; not asked again",
    Gate.BUDGET_PERSON: lambda left: f"This person has {left} minutes left, fewer than the ask takes",
    Gate.BUDGET_ACCOUNT: lambda left: f"This account has {left} minutes left, fewer than the ask takes",
    Gate.BLACKOUT: lambda why: f"Nobody asks now ({why})",
    Gate.PROFILE_LAPSED: lambda days: f"Their profile was last confirmed {days} days ago; have it confirmed first",
}
