"""From a raw observation to a value of 0.00 to 100.00, by the registry of kinds. `readiness` sections 2 and 13.

Exact decimals, half up, never floats. `read_fact` checks one observation and gives either its numbers or every error
that the sender has to know; messages name ranges and ways out, never the refused value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from accounts.choices import CLOCK_TOLERANCE_MINUTES, SIGNAL_KINDS, SIGNAL_OLDEST_ON, SignalKind
from clg.errors import FieldError

_CENT: Final = Decimal("0.01")
_RAW_STEP: Final = Decimal("0.0001")
_LOW, _HIGH = Decimal(0), Decimal(100)
_OLDEST: Final = dt.datetime.combine(dt.date.fromisoformat(SIGNAL_OLDEST_ON), dt.time(), tzinfo=dt.UTC)
_AHEAD: Final = dt.timedelta(minutes=CLOCK_TOLERANCE_MINUTES)
# Answers of promoters are nearly all the same to us; the cliff lies between 6 and 7.
_NPS: Final = {7: Decimal(55), 8: Decimal(70), 9: Decimal(90), 10: Decimal(100)}
# Longer numbers than any range needs, refused before they cost anything.
_LONGEST_NUMBER: Final = 40


def _grade(raw: Decimal) -> Decimal:
    """1 to 5."""
    return 25 * (raw - 1)


_VALUES: Final[Mapping[str, Callable[[Decimal], Decimal]]] = {
    "relationship": _grade,
    "nps": lambda raw: _NPS.get(int(raw), 5 * raw),
    "health": lambda raw: raw,
    "success_plan": lambda raw: raw,
    "usage": lambda raw: Decimal("1.25") * raw,
    "adoption": lambda raw: raw,
    "sentiment": lambda raw: 50 + 50 * raw,
    "support": lambda raw: 100 - 10 * raw,
    "executive_review": _grade,
    "usage_trend": lambda raw: 50 + 2 * raw,
    "csat": _grade,
    "tenure": lambda raw: 100 * raw / 24,
    "community": lambda raw: 20 * raw,
    "escalation": lambda raw: _HIGH if raw > 0 else _LOW,
    "risk": lambda raw: 50 * raw,
}


@dataclass(frozen=True)
class Fact:
    """A checked observation: `raw` as stored (4 decimals), `value` 0.00-100.00."""

    kind: SignalKind
    raw: Decimal
    value: Decimal
    observed_at: dt.datetime


def value_of(kind: str, raw: Decimal) -> Decimal:
    """The value of a raw number of a known kind, clamped to 0-100, 2 decimals half up."""
    clamped = min(_HIGH, max(_LOW, _VALUES[kind](raw)))
    return clamped.quantize(_CENT, ROUND_HALF_UP)


def read_fact(kind: str, raw: object, observed_at: object, *, at: dt.datetime) -> Fact | list[FieldError]:
    """Checks one observation as it came; `at` is now."""
    known = SIGNAL_KINDS.get(kind)
    if known is None:
        return [FieldError("unknown_kind", f"Kinds are {', '.join(sorted(_pushed_kinds()))}.", "/fields/kind")]
    if known.derived:
        return [FieldError("derived_kind", f"{known.label} is computed, never sent.", "/fields/kind")]
    number, seen_at = _raw_number(known, raw), _moment(observed_at, at)
    errors = [error for error in (number, seen_at) if isinstance(error, FieldError)]
    if errors or isinstance(number, FieldError) or isinstance(seen_at, FieldError):
        return errors
    return Fact(known, number.quantize(_RAW_STEP, ROUND_HALF_UP), value_of(kind, number), seen_at)


def _pushed_kinds() -> list[str]:
    return [kind.code for kind in SIGNAL_KINDS.values() if not kind.derived]


def _raw_number(kind: SignalKind, raw: object) -> Decimal | FieldError:
    number = _decimal(raw)
    if number is None:
        return FieldError("invalid_number", "Send a plain decimal number.", "/fields/raw")
    if not kind.low <= number <= kind.high:
        detail = f"{kind.label} lies between {kind.low} and {kind.high} ({kind.unit})."
        return FieldError("raw_out_of_range", detail, "/fields/raw")
    if kind.is_whole and number != number.to_integral_value():
        return FieldError("not_whole", f"{kind.label} is a whole number ({kind.unit}).", "/fields/raw")
    return number


def _decimal(raw: object) -> Decimal | None:
    """The number, or None for NaN, infinities, booleans and everything that is no number."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return None
    text = str(raw).strip()
    if len(text) > _LONGEST_NUMBER or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(observed_at: object, at: dt.datetime) -> dt.datetime | FieldError:
    moment = _parsed(observed_at)
    if moment is None:
        return FieldError("invalid_datetime", "Send a moment with its offset (RFC 3339).", "/fields/observed_at")
    if moment < _OLDEST:
        detail = f"Observations begin in {SIGNAL_OLDEST_ON}."
        return FieldError("observed_too_old", detail, "/fields/observed_at")
    if moment > at + _AHEAD:
        detail = f"An observation lies at most {CLOCK_TOLERANCE_MINUTES} minutes ahead of our clock."
        return FieldError("observed_in_future", detail, "/fields/observed_at")
    return moment


def _parsed(observed_at: object) -> dt.datetime | None:
    """The moment in UTC; None without an offset, and for what no calendar knows."""
    if isinstance(observed_at, str):
        try:
            observed_at = dt.datetime.fromisoformat(observed_at)
        except ValueError:
            return None
    if not isinstance(observed_at, dt.datetime) or observed_at.tzinfo is None:
        return None
    try:
        return observed_at.astimezone(dt.UTC)
    except OverflowError:
        return None
