"""Totals of a run: what the ledger says after it, by model. Kept as changes by range, added up at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from advocacy.attribution.rules import REFUSALS

# Deals in scope, those with a credited touch, credited and unattributed reporting money, deals without a rate.
FIGURES: Final = ("deals", "deals_credited", "credited_minor", "unattributed_minor", "without_rate")


@dataclass
class Deltas:
    """By model key or id: figure -> change, and reason -> change. Zeroes are dropped."""

    totals: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    refusals: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Deltas:
        deltas = cls()
        for model, figures in stored.get("totals", {}).items():
            deltas.totals[model].update(figures)
        for model, reasons in stored.get("refusals", {}).items():
            deltas.refusals[model].update(reasons)
        return deltas

    def as_json(self) -> dict[str, dict[str, dict[str, int]]]:
        return {"totals": _plain(self.totals), "refusals": _plain(self.refusals)}

    def add_totals(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Rows of (model id, figures in the order of FIGURES)."""
        for model_id, *figures in rows:
            self.totals[str(model_id)].update(dict(zip(FIGURES, map(int, figures), strict=True)))

    def add_refusals(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Rows of (model id, code, count)."""
        for model_id, code, count in rows:
            self.refusals[str(model_id)].update({REFUSALS[code]: int(count)})

    def add(self, other: Deltas) -> None:
        for model, figures in other.totals.items():
            self.totals[model].update(figures)
        for model, reasons in other.refusals.items():
            self.refusals[model].update(reasons)


def _plain(counters: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    kept = {model: {name: n for name, n in sorted(counts.items()) if n} for model, counts in counters.items()}
    return {model: counts for model, counts in sorted(kept.items()) if counts}
