"""Why a champion has this readiness: the parts, and what is missing. Reads only; keys are those of the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any, TypedDict

from advocacy.choices import WeightSetState
from advocacy.models import Champion, ReadinessModel
from advocacy.readiness.scoring import Part, Score, Subject, score_subjects, week_of


class Missing(TypedDict):
    """A kind without a signal that counts, and what the weight set does about it."""

    kind: str
    weight: int
    rule: str


class ReadinessExplained(TypedDict):
    """Decimals are strings; `score` is None when nothing is known."""

    score: str | None
    band: str
    coverage: str
    confidence: str
    scored_week: str
    model_version: int
    parts: list[Part]
    missing: list[Missing]


class Explained(TypedDict):
    id: str
    standing: str
    at: str
    readiness: ReadinessExplained


def explain_champion(champion: Champion, *, at: dt.datetime) -> Explained:
    """The score of one champion as it would be at `at`, computed anew by the same statement as the job's."""
    model = ReadinessModel.objects.get(state=WeightSetState.ACTIVE)
    subject = Subject(champion.pk, champion.contact_id, champion.account_id)
    score = score_subjects([subject], model=model, at=at)[champion.pk]
    return {
        "id": champion.name_outside,
        "standing": champion.standing,
        "at": at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
        "readiness": _readiness(score, model, at),
    }


def _readiness(score: Score, model: ReadinessModel, at: dt.datetime) -> ReadinessExplained:
    return {
        "score": None if score.score is None else str(score.score),
        "band": score.band,
        "coverage": str(score.coverage),
        "confidence": str(score.confidence),
        "scored_week": week_of(at).date().isoformat(),
        "model_version": model.version,
        "parts": score.parts,
        "missing": missing_kinds(score.parts, model),
    }


def missing_kinds(parts: list[Part], model: ReadinessModel) -> list[Missing]:
    """Kinds with a weight for which no row counts, heaviest first."""
    present = {part["kind"] for part in parts if part["origin"] not in ("neutral", "zero")}
    weights = model.weights.filter(weight__gt=0).exclude(kind__in=present).order_by("-weight", "kind")
    return [{"kind": row.kind, "weight": row.weight, "rule": row.missing} for row in weights]


def most_points(parts: Sequence[Any]) -> list[Decimal]:
    """The most each part can give at its age: its share of 100 by weight and decay, a hundredth begun counts whole.

    A part is a whole number of hundredths, by largest rest the one below or above its exact points (readiness 3.1);
    rounded to the nearest, the limit could lie below what the part gave.
    """
    weights = [Decimal(part["weight"]) * Decimal(part["decay"]) for part in parts]
    whole = sum(weights, Decimal(0)) or Decimal(1)
    return [(100 * weight / whole).quantize(Decimal("0.01"), ROUND_CEILING) for weight in weights]
