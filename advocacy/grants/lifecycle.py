"""How a grant moves: one tuple of rows, read by actions, admin buttons, API and docs. `readiness` 8.1.

Terms never change after granting; a newer grant of the same grantor, use and scope supersedes the older one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from advocacy.choices import Grantor, GrantState


class GrantPart(StrEnum):
    """In which part somebody moves a grant; staff give, refuse and withdraw on the grantor's word, with proof."""

    GRANTOR = "grantor"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True)
class GrantMove:
    """One row of the table. `target` is empty where the grantor decides it (`send`)."""

    event: str
    sources: tuple[str, ...]
    target: str
    who: frozenset[GrantPart]
    label: str


NEW: Final = ""
_WAITING: Final = (GrantState.PROPOSED, GrantState.PENDING_PERSON, GrantState.PENDING_COMPANY)
GIVEN: Final = (GrantState.GRANTED, GrantState.GRANTED_WITH_LIMITS)


def _row(event: str, sources: Iterable[str], target: str, who: Iterable[GrantPart], label: str) -> GrantMove:
    return GrantMove(event, tuple(sources), target, frozenset(who), label)


_BOTH: Final = (GrantPart.GRANTOR, GrantPart.STAFF)

MOVES: Final[tuple[GrantMove, ...]] = (
    _row("propose", [NEW], GrantState.PROPOSED, _BOTH, "Propose"),
    _row("send", [GrantState.PROPOSED], "", [GrantPart.STAFF], "Send"),
    _row("grant", _WAITING, GrantState.GRANTED, _BOTH, "Record as given"),
    _row("grant_with_limits", _WAITING, GrantState.GRANTED_WITH_LIMITS, _BOTH, "Record as given with limits"),
    _row("refuse", _WAITING, GrantState.REFUSED, _BOTH, "Record as refused"),
    _row("withdraw", GIVEN, GrantState.WITHDRAWN, _BOTH, "Withdraw"),
    _row("expire", GIVEN, GrantState.EXPIRED, [GrantPart.SYSTEM], "Expire"),
    _row("supersede", GIVEN, GrantState.SUPERSEDED, [GrantPart.SYSTEM], "Supersede"),
)


def move_of(event: str, state: str) -> GrantMove | None:
    """The row of an event from a state."""
    return next((row for row in MOVES if row.event == event and state in row.sources), None)


def moves_from(state: str, part: GrantPart) -> list[GrantMove]:
    """What somebody in a part may do from a state: the buttons of a page."""
    return [row for row in MOVES if state in row.sources and part in row.who]


def waits_for(grantor: str) -> GrantState:
    """Where a grant waits once it was sent to its grantor."""
    return GrantState.PENDING_PERSON if grantor == Grantor.PERSON else GrantState.PENDING_COMPANY
