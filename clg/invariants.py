"""What must always hold: the registry of invariants and the one run over all of them. `security` section 13.

Each floor registers its checks in `ready()`. A check reads only, sees the same moment as all others, and answers how
much it looked at and which rows break the rule.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction

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


_registry: dict[str, list[Invariant]] = defaultdict(list)


def register(invariant: Invariant) -> None:
    """Add a check. Several floors may look after parts of one invariant, each with a title of its own."""
    if any(known.title == invariant.title for known in _registry[invariant.id]):
        raise ValueError(f"invariant {invariant.id} is registered twice: {invariant.title}")
    _registry[invariant.id].append(invariant)


def registered() -> list[Invariant]:
    """One an id, I2 before I10; what several floors look after is one check."""
    return [_merged(_registry[name]) for name in sorted(_registry, key=lambda name: (name[0], int(name[1:])))]


def _merged(parts: Sequence[Invariant]) -> Invariant:
    return Invariant(parts[0].id, "; ".join(part.title for part in parts), lambda depth: _sum(parts, depth))


def _sum(parts: Sequence[Invariant], depth: Depth) -> Finding:
    found = [part.look(depth) for part in parts]
    sample = [name for finding in found for name in finding.sample]
    return Finding(sum(f.checked for f in found), sum(f.breaches for f in found), sample)


def look_by_sql(statement: str) -> Callable[[Depth], Finding]:
    """A look that is one statement: it answers one row of (checked, breaches, sample)."""

    def look(depth: Depth) -> Finding:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            checked, breaches, sample = cursor.fetchone()
        return Finding(checked, breaches, (sample or [])[:SAMPLE_SIZE])

    return look


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
