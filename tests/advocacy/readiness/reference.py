"""Section 3.1 in plain Python with decimal: the slow answer that the SQL is compared with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

PERSONAL = {"relationship", "nps", "sentiment", "csat", "community"}


@dataclass(frozen=True)
class Row:
    """A current signal; `contact` None is about the company."""

    id: int
    kind: str
    account: int
    contact: int | None
    value: Decimal
    raw: Decimal
    observed_at: dt.datetime


@dataclass(frozen=True)
class Weight:
    weight: int
    half_life: int | None
    missing: str = "reweight"


@dataclass(frozen=True)
class Limits:
    ready: Decimal = Decimal(70)
    warming: Decimal = Decimal(50)
    confidence: Decimal = Decimal(40)


def monday(moment: dt.datetime) -> dt.date:
    day = moment.astimezone(dt.UTC).date()
    return day - dt.timedelta(days=day.weekday())


def decay(half_life: int, weeks: int) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        exponent = Decimal(7 * weeks) / Decimal(half_life)
        return (Decimal("0.5") ** exponent).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def score(
    *,
    rows: Iterable[Row],
    weights: Mapping[str, Weight],
    contact: int,
    account: int,
    customer_since: dt.date | None,
    at: dt.datetime,
    limits: Limits = Limits(),
) -> dict[str, object]:
    as_of = monday(at)
    parts = []
    for kind, rule in weights.items():
        if rule.weight:
            part = _part(kind, rule, list(rows), contact, account, customer_since, as_of, at)
            if part:
                parts.append(part)
    return _summed(parts, weights, limits)


def _part(kind, rule, rows, contact, account, customer_since, as_of, at):
    part = {"kind": kind, "weight": rule.weight, "raw": None, "observed_at": None, "signal_id": None}
    if kind == "tenure":
        if customer_since is not None:
            months = _whole_months(customer_since, as_of)
            value = min(Decimal(100), Decimal(100 * months) / 24).quantize(Decimal("0.01"), ROUND_HALF_UP)
            return part | {"value": value, "raw": Decimal(months), "decay": Decimal(1), "origin": "derived"}
    else:
        for mine in (True, False):
            row = _newest(kind, rule, rows, contact if mine else None, account, as_of, at)
            if row is not None:
                fade = Decimal(1) if rule.half_life is None else decay(rule.half_life, _weeks(row, as_of))
                return part | {
                    "value": row.value,
                    "raw": row.raw,
                    "observed_at": row.observed_at,
                    "signal_id": row.id,
                    "decay": fade,
                    "origin": "own" if mine else "account",
                }
    if rule.missing == "reweight":
        return None
    value = Decimal(50) if rule.missing == "neutral" else Decimal(0)
    return part | {"value": value, "decay": Decimal(1), "origin": rule.missing}


def _newest(kind, rule, rows, contact, account, as_of, at):
    if contact is not None and kind not in PERSONAL:
        return None
    fitting = [
        row
        for row in rows
        if row.kind == kind
        and row.account == account
        and row.contact == contact
        and row.observed_at <= at
        and (rule.half_life is None or 7 * _weeks(row, as_of) <= 3 * rule.half_life)
    ]
    return max(fitting, key=lambda row: (row.observed_at, row.id), default=None)


def _weeks(row, as_of):
    return (as_of - monday(row.observed_at)).days // 7


def _whole_months(since, day):
    months = (day.year - since.year) * 12 + day.month - since.month - (day.day < since.day)
    return max(0, months)


def _summed(parts, weights, limits):
    total = sum(rule.weight for rule in weights.values())
    present = [part for part in parts if part["origin"] not in ("neutral", "zero")]
    coverage = _percent(sum(part["weight"] for part in present), total)
    confidence = _percent(sum(part["weight"] * Fraction(part["decay"]) for part in present), total)
    answer = {"coverage": coverage, "confidence": confidence}
    below = sum(part["weight"] * Fraction(part["decay"]) for part in parts)
    if not below:
        return answer | {"score": None, "band": "unknown", "parts": []}
    exact = {p["kind"]: p["weight"] * Fraction(p["decay"]) * Fraction(p["value"]) / below for p in parts}
    result = _rounded(sum(exact.values()))
    points = _largest_rest(exact, result)
    shown = [part | {"points": points[part["kind"]]} for part in parts]
    shown.sort(key=lambda part: (-part["weight"], part["kind"]))
    return answer | {"score": result, "band": _band(result, confidence, limits), "parts": shown}


def _largest_rest(exact, result):
    hundredths = {kind: (value * 100).numerator // (value * 100).denominator for kind, value in exact.items()}
    missing = int(result * 100) - sum(hundredths.values())
    turns = sorted(exact, key=lambda kind: (-(exact[kind] * 100 - hundredths[kind]), kind))
    for kind in turns[:missing]:
        hundredths[kind] += 1
    return {kind: Decimal(value) / 100 for kind, value in hundredths.items()}


def _percent(part, whole):
    return _rounded(Fraction(100) * part / whole) if whole else Decimal("0.00")


def _rounded(value):
    """Half up to hundredths, exactly."""
    hundredths = Fraction(value) * 100 + Fraction(1, 2)
    return Decimal(hundredths.numerator // hundredths.denominator).scaleb(-2).quantize(Decimal("0.01"), ROUND_FLOOR)


def _band(result, confidence, limits):
    if confidence < limits.confidence:
        return "unknown"
    if result >= limits.ready:
        return "ready"
    return "warming" if result >= limits.warming else "not_ready"
