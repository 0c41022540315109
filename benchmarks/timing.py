"""Measuring sides against each other: A B A B ..., medians after a warm-up."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Side:
    """One thing to measure. `reset` runs before each act and is not timed."""

    name: str
    act: Callable[[], object]
    reset: Callable[[], object] = lambda: None
    seconds: list[float] = field(default_factory=list)

    def run(self, *, keep: bool = True) -> None:
        self.reset()
        started = time.perf_counter()
        self.act()
        if keep:
            self.seconds.append(time.perf_counter() - started)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def interleave(sides: Sequence[Side], *, runs: int = 5, warm_up: bool = True) -> dict[str, float]:
    """Median seconds by name; the sides take turns so that the machine's moods hit them alike."""
    if warm_up:
        for side in sides:
            side.run(keep=False)
    for _ in range(runs):
        for side in sides:
            side.run()
    return {side.name: side.median for side in sides}


def once(act: Callable[[], object]) -> float:
    side = Side("once", act)
    side.run()
    return side.median


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def peak_rss_mb() -> int:
    """Most memory this process ever held; PostgreSQL's is its own."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)
