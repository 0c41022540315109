"""One measured item, the table on the terminal and the file beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

LATEST: Final = Path(__file__).resolve().parent / "results" / "latest.json"


@dataclass(frozen=True)
class Result:
    """Seconds are medians. `vs_floor`: ours over the floor (small is good). `vs_baseline`: baseline over ours (large is
    good). `met` is None for what is only shown.
    """

    item: str
    scale: float
    rows: int
    seconds: float
    floor_seconds: float | None = None
    baseline_seconds: float | None = None
    goal: str = ""
    met: bool | None = None
    peak_rss_mb: int = 0
    note: str = ""

    @property
    def vs_floor(self) -> float | None:
        return None if not self.floor_seconds else self.seconds / self.floor_seconds

    @property
    def vs_baseline(self) -> float | None:
        return None if self.baseline_seconds is None else self.baseline_seconds / self.seconds

    def as_dict(self) -> dict[str, object]:
        numbers = {"vs_floor": self.vs_floor, "vs_baseline": self.vs_baseline}
        row = {**asdict(self), **numbers}
        return {key: round(value, 5) if isinstance(value, float) else value for key, value in row.items()}


def exponent(small: float, large: float, factor: float) -> float:
    """By which power of the rows the seconds grew."""
    return math.log(large / small) / math.log(factor)


def write_latest(results: Sequence[Result], *, keep_others: bool = False) -> None:
    """The file of the last measurements; a run of one item keeps what the others left."""
    LATEST.parent.mkdir(exist_ok=True)
    rows = [result.as_dict() for result in results]
    if keep_others and LATEST.exists():
        names = {row["item"] for row in rows}
        rows = [row for row in json.loads(LATEST.read_text()) if row["item"] not in names] + rows
    LATEST.write_text(json.dumps(rows, indent=1) + "\n")


def table(results: Sequence[Result]) -> str:
    head = ("item", "rows", "ours", "floor", "x floor", "baseline", "base/ours", "MB", "goal")
    rows = [head, *(_row(result) for result in results)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) if place in (0, 8) else cell.rjust(width)
                  for place, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]  # fmt: skip
    notes = [f"  {result.item}: {result.note}" for result in results if result.note]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], *(["", "Notes", *notes] if notes else [])])


def _row(result: Result) -> tuple[str, ...]:
    verdict = {True: "met", False: "MISSED", None: "shown"}[result.met]
    return (
        result.item,
        f"{result.rows:,}",
        _seconds(result.seconds),
        _seconds(result.floor_seconds),
        _ratio(result.vs_floor),
        _seconds(result.baseline_seconds),
        _ratio(result.vs_baseline),
        str(result.peak_rss_mb or ""),
        f"{verdict}: {result.goal}" if result.goal else verdict,
    )


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def _ratio(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
