"""What must always hold: the registry of invariants and the one run over all of them. `security` section 13.

Each floor registers its checks in `ready()`. A check reads only, sees the same moment as all others, and answers how
much it looked at and which rows break the rule.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from clg.snapshot import one_snapshot

SAMPLE_SIZE: Final = 10


@dataclass(frozen=True)
class Depth:
    """How thoroughly to look: everything, or a sample that `seed` chooses where everything costs too much."""

    is_deep: bool = False
    seed: int = 1


@dataclass(frozen=True)
class Finding:
    """How many rows were looked at, how many break the rule, and some of those by id."""

    checked: int
    breaches: int
    sample: Sequence[str] = ()


@dataclass(frozen=True)
class Invariant:
    id: str
    title: str
    look: Callable[[Depth], Finding]


_registry: dict[str, Invariant] = {}


def register(invariant: Invariant) -> None:
    """Add a check; once an id."""
    if invariant.id in _registry:
        raise ValueError(f"invariant {invariant.id} is registered twice")
    _registry[invariant.id] = invariant


def registered() -> list[Invariant]:
    """All of them, I2 before I10."""
    return sorted(_registry.values(), key=lambda invariant: (invariant.id[0], int(invariant.id[1:])))


def look_at_all(*, at: dt.datetime, only: Collection[str] = (), depth: Depth = Depth()) -> dict[str, Any]:
    """The report: `ok`, `at`, and for each check its id, title, numbers, sample and milliseconds."""
    chosen = [invariant for invariant in registered() if not only or invariant.id in only]
    with one_snapshot():
        checks = [_look(invariant, depth) for invariant in chosen]
        transaction.set_rollback(True)  # temporary rows of a recomputation go with it
    return {"ok": not any(check["breaches"] for check in checks), "at": at.isoformat(), "checks": checks}


def _look(invariant: Invariant, depth: Depth) -> dict[str, Any]:
    started = time.monotonic()
    finding = invariant.look(depth)
    return {
        "id": invariant.id,
        "title": invariant.title,
        "checked": finding.checked,
        "breaches": finding.breaches,
        "sample": list(finding.sample)[:SAMPLE_SIZE],
        "ms": round((time.monotonic() - started) * 1000),
    }
