"""How an ask moves: one tuple of rows, read by actions, admin buttons, API and docs. `readiness` 6.3.

Whatever stands in no row is refused with the present state. The same answer again changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from advocacy.choices import AskState

UNSENT_AFTER: Final = dt.timedelta(days=14)
UNDO_WITHIN: Final = dt.timedelta(hours=24)
WAITED_MINUTES: Final = 15
LATE_CANCEL: Final = dt.timedelta(hours=24)


class AskPart(StrEnum):
    """In which part somebody moves an ask."""

    PERSON = "person"
    ASKER = "asker"
    CSM = "csm"
    MARKETER = "marketer"
    SYSTEM = "system"


@dataclass(frozen=True)
class AskMove:
    """One row of the table: who may move an ask from where to where."""

    action: str
    sources: tuple[AskState, ...]
    target: AskState
    who: frozenset[AskPart]
    label: str


def _row(action: str, sources: Iterable[AskState], target: AskState, who: Iterable[AskPart], label: str) -> AskMove:
    return AskMove(action, tuple(sources), target, frozenset(who), label)


# Staff answer on the person's word.
_STAFF: Final = (AskPart.ASKER, AskPart.CSM, AskPart.MARKETER)
_ANSWERERS: Final = (AskPart.PERSON, *_STAFF)

MOVES: Final[tuple[AskMove, ...]] = (
    _row("send", [AskState.RESERVED], AskState.SENT, [*_STAFF, AskPart.SYSTEM], "Send"),
    _row(
        "withdraw",
        [AskState.RESERVED, AskState.SENT],
        AskState.WITHDRAWN,
        [AskPart.ASKER, AskPart.MARKETER, AskPart.SYSTEM],
        "Withdraw",
    ),
    _row("accept", [AskState.SENT], AskState.ACCEPTED, _ANSWERERS, "Accept"),
    _row("decline", [AskState.SENT], AskState.DECLINED, _ANSWERERS, "Decline"),
    _row("later", [AskState.SENT], AskState.LATER, _ANSWERERS, "Later"),
    _row("expire", [AskState.SENT], AskState.EXPIRED, [AskPart.SYSTEM], "Expire"),
    _row("complete", [AskState.ACCEPTED], AskState.DONE, [AskPart.ASKER, AskPart.MARKETER], "Complete"),
    _row("miss", [AskState.ACCEPTED], AskState.MISSED, [AskPart.ASKER, AskPart.MARKETER], "Did not take place"),
    _row(
        "cancel",
        [AskState.ACCEPTED],
        AskState.WITHDRAWN,
        [AskPart.PERSON, AskPart.ASKER, AskPart.MARKETER],
        "Call off",
    ),
    _row("undo", [AskState.ACCEPTED, AskState.DECLINED, AskState.LATER], AskState.SENT, [AskPart.PERSON], "Undo"),
)


def move_of(action: str, state: str) -> AskMove | None:
    """The row of an action from a state."""
    return next((row for row in MOVES if row.action == action and state in row.sources), None)


def target_of(action: str) -> AskState:
    """Where an action leads, whatever the state."""
    return next(row.target for row in MOVES if row.action == action)


def moves_from(state: str, parts: frozenset[AskPart]) -> list[AskMove]:
    """What somebody in these parts may do from a state: the buttons of a page."""
    return [row for row in MOVES if state in row.sources and row.who & parts]
