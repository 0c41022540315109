"""What the demo's randomness hangs on: a number, a moment, a scale."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")

SOURCE_SLUG: Final = "demo-crm"
DEFAULT_SEED: Final = 7
DAYS: Final = 730  # two years of history


@dataclass(frozen=True)
class Seed:
    """A repeatable beginning: `value` and `at` fix every row, `scale` multiplies the counts."""

    value: int
    at: dt.datetime
    scale: float = 1.0

    def stream(self, noun: str) -> Random:
        """A random stream of its own for each noun: one noun grows without moving the others."""
        return Random(f"{self.value}:{noun}")  # noqa: S311 - repeatable on purpose, nothing secret hangs on it

    def count(self, at_scale_one: int) -> int:
        return max(1, round(at_scale_one * self.scale))

    def public_id(self, noun: str, key: str) -> uuid.UUID:
        """The name outside of a row; `derived_public_ids` says the same in SQL."""
        digest = hashlib.md5(f"{self.value}:{noun}:{key}".encode(), usedforsecurity=False)
        return uuid.UUID(digest.hexdigest())

    def key(self, noun: str, number: int) -> str:
        """An external id: `acc-7-00012`."""
        return f"{noun}-{self.value}-{number:05d}"

    def day(self, days_ago: float) -> dt.date:
        return self.at.date() - dt.timedelta(days=int(days_ago))

    def moment(self, random: Random, days_ago: float) -> dt.datetime:
        """A working hour of the day so many days ago, never later than an hour before `at`."""
        start = dt.datetime.combine(self.day(days_ago), dt.time(8), tzinfo=dt.UTC)
        return min(start + dt.timedelta(minutes=random.randrange(600)), self.at - dt.timedelta(hours=1))

    def days_since(self, moment: dt.datetime) -> int:
        return (self.at.date() - moment.date()).days


def pick(random: Random, weighted: Sequence[tuple[T, float]]) -> T:
    """One of (thing, weight)."""
    return random.choices([thing for thing, _ in weighted], [weight for _, weight in weighted])[0]
