"""I5 and I7 of the ground floor: the outbox is dense and in order, and no work of it lies about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from clg.invariants import Depth, Finding, Invariant, look_by_sql, register

_HERE: Final = Path(__file__).parent


def register_invariants() -> None:
    register(Invariant("I5", "positions are dense, versions rise, no consumer is ahead", _look("invariant_outbox.sql")))
    register(Invariant("I7", "no event and no lease waits longer than 5 minutes", _look("invariant_waiting.sql")))


def _look(name: str) -> Callable[[Depth], Finding]:
    return look_by_sql((_HERE / name).read_text())
