"""Weight sets: what must hold before one may be activated, and the decay its half-lives need. `readiness` section 4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import connection

from accounts.choices import SIGNAL_KINDS
from advocacy.models import ReadinessModel, ReadinessWeight
from clg.errors import FieldError

WEIGHT_SUM: Final = 100
HALF_LIFE_DAYS: Final = (7, 3650)

# Numeric `power`, no floats: 0.5 ^ (7 weeks / half-life) in millionths, half up, as far as a row counts (3 half-lives).
_EXTEND_DECAY: Final = """
INSERT INTO advocacy_readinessdecay (half_life_days, weeks, decay_micros)
SELECT h.days, w.weeks, round(power(0.5::numeric, (7 * w.weeks)::numeric / h.days), 6) * 1000000
  FROM (SELECT DISTINCT half_life_days AS days FROM advocacy_readinessweight
         WHERE model_id = %s AND half_life_days IS NOT NULL) h,
       LATERAL generate_series(0, 3 * h.days / 7) AS w (weeks)
ON CONFLICT DO NOTHING
"""


def extend_decay(model: ReadinessModel) -> int:
    """Fills the decay table for every half-life of a set; answers how many rows were new."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTEND_DECAY, [model.pk])
        return cursor.rowcount


@dataclass(frozen=True)
class Weighing:
    """A set as data: band limits and one (weight, half-life) a kind."""

    ready_from: Decimal
    warming_from: Decimal
    weights: dict[str, tuple[int, int | None]]


def weighing_of(model: ReadinessModel) -> Weighing:
    rows = ReadinessWeight.objects.filter(model=model)
    weights = {row.kind: (row.weight, row.half_life_days) for row in rows}
    return Weighing(Decimal(model.ready_from), Decimal(model.warming_from), weights)


def activation_errors(weighing: Weighing) -> list[FieldError]:
    """Everything that forbids activating a set; empty when it may be."""
    errors = [error for kind, pair in weighing.weights.items() for error in _weight_errors(kind, *pair)]
    total = sum(weight for weight, _ in weighing.weights.values())
    if total != WEIGHT_SUM:
        errors.append(FieldError("weights_must_sum_to_100", f"The weights sum to {total}, not to 100.", "/weights"))
    if weighing.ready_from <= weighing.warming_from:
        errors.append(FieldError("out_of_range", "Ready must begin above warming.", "/ready_from"))
    return errors


def _weight_errors(kind: str, weight: int, half_life: int | None) -> Iterator[FieldError]:
    known = SIGNAL_KINDS.get(kind)
    if known is None or known.gate_only:
        yield FieldError("unknown_kind", "There is no such kind with a weight.", f"/weights/{kind}")
        return
    if weight != int(weight) or not 0 <= weight <= WEIGHT_SUM:
        yield FieldError("out_of_range", "A weight is a whole number from 0 to 100.", f"/weights/{kind}/weight")
    low, high = HALF_LIFE_DAYS
    if half_life is not None and not low <= half_life <= high:
        yield FieldError("out_of_range", f"A half-life is {low} to {high} days.", f"/weights/{kind}/half_life_days")
    if half_life is None and not known.derived:
        yield FieldError("out_of_range", "Only derived kinds do not fade.", f"/weights/{kind}/half_life_days")
