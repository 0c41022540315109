"""W: will this person say yes to this use, 0-100, read for many champions at once (`willingness.sql`). `readiness` 3.2.

Base, preference, own answers, relationship, NPS, conflict and fatigue add up as log-odds; each part says what its term
moves, and the parts sum to W exactly.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from django.db import connection

from advocacy.choices import Evidence, Use, WeightSetState, WillingnessBand
from advocacy.effort.balances import balances, common_parameters
from advocacy.models import ReadinessModel
from advocacy.readiness.scoring import week_of

LIKELY_FROM: Final = Decimal(65)
EVEN_FROM: Final = Decimal(45)
_GOOD_EVIDENCE: Final = 3


@dataclass(frozen=True)
class Term:
    """One term: its log-odds with 4 decimals, and the points by which it moves W."""

    term: str
    value: Decimal
    points: Decimal


@dataclass(frozen=True)
class Willingness:
    """W with 2 decimals, its log-odds `z`, and the own answers of 730 days it stands on."""

    score: Decimal
    z: Decimal
    answers: int
    parts: tuple[Term, ...]

    @property
    def band(self) -> str:
        if self.score >= LIKELY_FROM:
            return WillingnessBand.LIKELY
        return WillingnessBand.EVEN if self.score >= EVEN_FROM else WillingnessBand.UNLIKELY

    @property
    def evidence(self) -> str:
        if self.answers >= _GOOD_EVIDENCE:
            return Evidence.GOOD
        return Evidence.THIN if self.answers else Evidence.NONE

    @property
    def in_words(self) -> str:
        """'about 6 in 10 would say yes'."""
        return f"about {int((self.score / 10).to_integral_value())} in 10 would say yes"


def willingness_of(
    champion_ids: Collection[int], *, use: str, at: dt.datetime, model: ReadinessModel | None = None
) -> dict[int, Willingness]:
    """Willingness by champion under a weight set, the active one unless named; one statement for all."""
    model = model or ReadinessModel.objects.get(state=WeightSetState.ACTIVE)
    parameters = common_parameters(champion_ids, at) | {
        "use": str(Use(use)),
        "model_id": model.pk,
        "week": week_of(at).date(),
    }
    found: defaultdict[int, list[tuple[Term, Decimal, Decimal, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(balances() + _sql(), parameters)
        for pk, term, value, score, z, points, answers in cursor.fetchall():
            found[pk].append((Term(term, value, points), score, z, answers))
    return {
        pk: Willingness(rows[-1][1], rows[-1][2], rows[-1][3], tuple(row[0] for row in rows))
        for pk, rows in found.items()
    }


@cache
def _sql() -> str:
    return (Path(__file__).parent / "willingness.sql").read_text()
