"""How a champion moves through the pool: one tuple of rows, read by actions, admin buttons, API and docs.

`readiness` 1.1. Whatever stands in no row is refused with the present state. A nomination that nobody decides, or an
invitation that nobody answers, lapses by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from accounts.choices import Role
from accounts.models import User
from advocacy.choices import Standing

NOMINATION_LAPSES_AFTER: Final = dt.timedelta(days=60)
INVITATION_LAPSES_AFTER: Final = dt.timedelta(days=30)
ASKED_TO_LEAVE_DAYS: Final = 365
NOMINATION_DUE_DAYS: Final = 4
NOMINATION_LATE_DAYS: Final = 8


class Part(StrEnum):
    """In which part somebody acts on the pool."""

    PERSON = "person"
    MARKETER = "marketer"
    CSM = "csm"
    SALES = "sales"
    SYSTEM = "system"


@dataclass(frozen=True)
class Advocate:
    """The person themselves, let in by a signed link; `name` is kept in the history (`link:9`)."""

    name: str


# Nobody named is the system.
Actor: TypeAlias = User | Advocate | None


@dataclass(frozen=True)
class Transition:
    """One row of the table: who may move whom where, and which reasons there are (none: no reason is given)."""

    action: str
    sources: tuple[str, ...]
    target: str
    who: frozenset[Part]
    label: str
    reasons: tuple[str, ...] = ()


NEW: Final = ""
_STAFF_AND_PERSON = (Part.CSM, Part.SALES, Part.MARKETER, Part.SYSTEM, Part.PERSON)
_LIVE: Final = (Standing.NOMINATED, Standing.INVITED, Standing.ACTIVE, Standing.RESTING, Standing.PAUSED)


def _row(
    action: str, sources: Iterable[str], target: str, who: Iterable[Part], label: str, *reasons: str
) -> Transition:
    return Transition(action, tuple(sources), target, frozenset(who), label, reasons)


TRANSITIONS: Final[tuple[Transition, ...]] = (
    _row("nominate", (NEW, Standing.RETIRED), Standing.NOMINATED, _STAFF_AND_PERSON, "Nominate"),
    _row("invite", (Standing.NOMINATED,), Standing.INVITED, (Part.MARKETER,), "Invite"),
    _row(
        "reject",
        (Standing.NOMINATED,),
        Standing.RETIRED,
        (Part.MARKETER,),
        "Reject",
        *("relationship_weak", "open_problem", "not_needed", "duplicate", "other"),
    ),
    _row("lapse", (Standing.NOMINATED,), Standing.RETIRED, (Part.SYSTEM,), "Lapse", "nomination_lapsed"),
    _row("join", (Standing.INVITED,), Standing.ACTIVE, (Part.PERSON, Part.MARKETER), "Join"),
    _row("decline", (Standing.INVITED,), Standing.RETIRED, (Part.PERSON,), "Decline", "declined_invitation"),
    _row("lapse", (Standing.INVITED,), Standing.RETIRED, (Part.SYSTEM,), "Lapse", "no_answer"),
    _row("rest", (Standing.ACTIVE, Standing.RESTING), Standing.RESTING, (Part.SYSTEM, Part.MARKETER), "Rest"),
    _row("wake", (Standing.RESTING,), Standing.ACTIVE, (Part.SYSTEM, Part.MARKETER), "Wake"),
    _row("pause", (Standing.ACTIVE, Standing.RESTING), Standing.PAUSED, (Part.PERSON, Part.MARKETER), "Pause"),
    _row("resume", (Standing.PAUSED,), Standing.ACTIVE, (Part.PERSON, Part.MARKETER, Part.SYSTEM), "Resume"),
    _row("resume", (Standing.PAUSED,), Standing.RESTING, (Part.PERSON, Part.MARKETER, Part.SYSTEM), "Resume"),
    _row(
        "retire",
        _LIVE,
        Standing.RETIRED,
        (Part.MARKETER, Part.SYSTEM, Part.PERSON),
        "Retire",
        *("left_company", "asked_to_leave", "account_churned", "inactive", "duplicate", "erased", "staff_decision"),
    ),
)


def transition(action: str, source: str, target: str = "") -> Transition | None:
    """The row of an action from a standing; `target` chooses where an action has two."""
    rows = (row for row in TRANSITIONS if row.action == action and source in row.sources)
    return next((row for row in rows if target in ("", row.target)), None)


def actions_from(source: str, actor: Actor) -> list[Transition]:
    """What an actor may do from a standing, one row an action: the buttons of a page."""
    parts = parts_of(actor)
    rows = {row.action: row for row in reversed(TRANSITIONS) if source in row.sources and row.who & parts}
    return [row for row in TRANSITIONS if rows.get(row.action) is row]


def parts_of(actor: Actor) -> frozenset[Part]:
    """In which parts somebody may act."""
    if actor is None:
        return frozenset([Part.SYSTEM])
    if isinstance(actor, Advocate):
        return frozenset([Part.PERSON])
    roles = {Part.MARKETER: Role.MARKETER, Part.CSM: Role.CSM, Part.SALES: Role.SALES}
    return frozenset(part for part, role in roles.items() if actor.is_active and actor.has_role(role))


def name_of(actor: Actor) -> str:
    """How the history names an actor: `user:3`, `link:9`, `system`."""
    if actor is None:
        return "system"
    return actor.name if isinstance(actor, Advocate) else f"user:{actor.pk}"


def nomination_age(nominated_at: dt.datetime, at: dt.datetime) -> str:
    """new (0-3 whole days), due (4-7) or late."""
    days = (at - nominated_at).days
    if days < NOMINATION_DUE_DAYS:
        return "new"
    return "due" if days < NOMINATION_LATE_DAYS else "late"
