"""Merge orders as a source sends them: checked, with the pointer of everything that is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from accounts.models import CrmSource
from accounts.sync.clocks import Clock
from accounts.sync.objects import SyncObject
from accounts.sync.parse import Parser
from accounts.sync.values import BadValue
from clg.errors import FieldError, InvalidInput, pointer_to

LOSERS_MOST: Final = 50
REASON_LIMIT: Final = 60
_KEYS: Final = ("winner", "losers", "result_external_id", "source_updated_at", "source_version", "reason")


@dataclass(frozen=True)
class MergeOrder:
    """What a source says: these rows of mine are one. `clock` orders it among the source's writes."""

    winner: str
    losers: Sequence[str]
    clock: Clock
    result: str = ""
    reason: str = ""


def read_order(body: Any, *, source: CrmSource, of: SyncObject, at: dt.datetime) -> MergeOrder:
    """The order in a decoded body. Raises `InvalidInput` naming every error."""
    if not isinstance(body, Mapping):
        raise InvalidInput("The body is an object.", errors=[FieldError("invalid_type", "The body is an object.", "")])
    reader = _Reader(Parser(of, source, at=at))
    for key in body:
        if key not in _KEYS:
            reader.errors.append(FieldError("unknown_field", "This field is not known here.", pointer_to(key)))
    winner = reader.name(body.get("winner"), "/winner")
    losers = reader.losers(body.get("losers"))
    result = reader.text(body["result_external_id"], "/result_external_id") if "result_external_id" in body else ""
    clock = reader.clock(body)
    reason = reader.reason(body.get("reason", ""))
    if reader.errors:
        raise InvalidInput("The merge cannot be read.", errors=reader.errors)
    return MergeOrder(winner, losers, clock, result, reason)


class _Reader:
    """Reads parts of an order and collects what is wrong."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.errors: list[FieldError] = []

    def name(self, sent: Any, pointer: str) -> str:
        """The id in `{"external_id": ...}`."""
        if not isinstance(sent, Mapping) or set(sent) != {"external_id"}:
            self.errors.append(FieldError("invalid_relation", 'Name a row by {"external_id": ...}.', pointer))
            return ""
        return self.text(sent["external_id"], f"{pointer}/external_id")

    def text(self, sent: Any, pointer: str) -> str:
        if not isinstance(sent, str):
            self.errors.append(FieldError("invalid_type", "A text is needed here.", pointer))
            return ""
        try:
            return self.parser.external_id(sent)
        except BadValue as problem:
            self.errors.append(FieldError(problem.code, problem.detail, pointer))
            return ""

    def losers(self, sent: Any) -> list[str]:
        if not isinstance(sent, list) or not 1 <= len(sent) <= LOSERS_MOST:
            detail = f"A merge has a list of 1 to {LOSERS_MOST} losers."
            self.errors.append(FieldError("invalid_losers", detail, "/losers"))
            return []
        return [self.name(each, f"/losers/{number}") for number, each in enumerate(sent)]

    def clock(self, body: Mapping[str, Any]) -> tuple[int, int]:
        try:
            return self.parser.clock_in(body)
        except BadValue as problem:
            self.errors.append(FieldError(problem.code, problem.detail, self.parser.clock_pointer))
            return (0, 0)

    def reason(self, sent: Any) -> str:
        if not isinstance(sent, str) or len(sent) > REASON_LIMIT or "\x00" in sent:
            self.errors.append(FieldError("too_long", f"A text of at most {REASON_LIMIT} characters.", "/reason"))
            return ""
        return sent.strip()
