"""Twin: the allocator once more, slowly, one deal at a time, in exact Python numbers.

It reads like the definition and exists to be compared: the SQL allocator must equal it in every field, on
every vector and on whatever the property tests invent. Nothing else calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from advocacy.attribution.rules import MILLION, REFUSAL_NUMBERS, STAGE_PREFIX, Rule
from clg import money

EXACT: Final = Context(prec=90)
DECAY_SCALE: Final = Decimal(10) ** 24
REPORT_SCALE: Final = 720_720  # divisible by every number of touches up to 16, so that parts stay whole
ALL_BASIS_POINTS: Final = 10_000 * 10_000
MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Touch:
    """One current touch of a case; `hint_milli` is weight_hint x 1000, `rung` a number of `rules.RUNGS`."""

    touch_id: int
    encounter_id: int
    activity_id: int
    occurred_at: datetime
    activity_kind: str = "reference_call"
    champion_id: int = 0
    role: str = "influenced"
    rung: int = 1
    side: str = "peer"
    hint_milli: int = 1000
    void_reason: str = ""


@dataclass(frozen=True)
class Case:
    """One deal as its fact stands, with all the allocator is given about it: the columns of `alloc_deal`."""

    as_of: datetime
    opened_at: datetime
    reporting_currency: str
    amount: Decimal | None = None
    currency: str = "USD"
    kind: str = "new_business"
    outcome: str = "open"
    lead_at: datetime | None = None
    closed_at: datetime | None = None
    opened_is_estimated: bool = False
    closed_is_estimated: bool = False
    is_deleted: bool = False
    restart_at: datetime | None = None
    rate: Decimal | None = None
    rate_on: date | None = None
    stages: Mapping[str, datetime] = field(default_factory=dict)
    report_degree_bp: int | None = None
    report_shares_bp: Mapping[int, int] = field(default_factory=dict)
    touches: tuple[Touch, ...] = ()

    @property
    def known_closed_at(self) -> datetime | None:
        """A closing later than the moment we look from has not happened yet."""
        if self.outcome == "open" or self.closed_at is None or self.closed_at > self.as_of:
            return None
        return self.closed_at

    @property
    def known_outcome(self) -> str:
        return self.outcome if self.known_closed_at else "open"

    def moment(self, position: str) -> datetime | None:
        """When a milestone was reached, None when unknown or later than as_of."""
        if position.startswith(STAGE_PREFIX):
            found = self.stages.get(position.removeprefix(STAGE_PREFIX))
        else:
            found = {"lead": self.lead_at, "opened": self.opened_at, "closed": self.known_closed_at}[position]
        return found if found is not None and found <= self.as_of else None


@dataclass(frozen=True)
class Line:
    line_no: int
    touch_id: int | None
    unattributed_reason: str
    held: int
    raw: int
    credit_micros: int
    amount_minor: int
    reporting_minor: int | None


@dataclass(frozen=True)
class Allocation:
    """What one version makes of one case: the columns of `alloc_set` that are computed, and its lines."""

    state: str
    closed_reason: str
    anchor_at: datetime | None
    milestones: Mapping[str, datetime] | None
    path: tuple[int, ...]
    rejected: tuple[tuple[int, int], ...]
    outcome: str
    basis_minor: int
    reporting_minor: int | None
    fx_rate: Decimal | None
    fx_on: date | None
    raw_total: int
    flags: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Weighed:
    """Raw weight and held bits of every path touch, the weight nobody holds, and the family's flags."""

    raw: list[int]
    held: list[int]
    flags: tuple[str, ...] = ()
    not_by_references: int = 0


def allocate(rule: Rule, case: Case) -> Allocation:
    """Divide one case by one rule."""
    reason = closed_reason(rule, case)
    path, rejected = divide_touches(rule, case) if not reason else ([], [])
    money_of = resolve_money(case)
    weighed = weigh(rule, case, path)
    lines = [] if reason else credit_lines(case, path, weighed, money_of)
    flags = {*money_of.flags, *date_flags(case), *weighed.flags}
    named = {} if reason else rule.milestones
    moments = {position: case.moment(position) for position in named}
    return Allocation(
        state="closed" if reason else "lines",
        closed_reason=reason,
        anchor_at=None if reason else stored_anchor(rule, case),
        milestones={name: at for name, at in moments.items() if at} if named else None,
        path=tuple(touch.touch_id for touch in path),
        rejected=tuple(rejected),
        outcome=case.known_outcome,
        basis_minor=money_of.basis_minor,
        reporting_minor=money_of.reporting_minor,
        fx_rate=money_of.rate,
        fx_on=money_of.rate_on,
        raw_total=sum(line.raw for line in lines),
        flags=tuple(sorted(flags)),
        lines=tuple(lines),
    )


# --- which deals ---


def closed_reason(rule: Rule, case: Case) -> str:
    """Why the case is out of the rule's scope, empty when it is in it."""
    if rule.is_retired:
        return "model_retired"
    if case.is_deleted:
        return "deleted"
    if case.opened_at > case.as_of:
        return "not_opened_yet"
    if case.kind not in rule.opportunity_kinds:
        return "kind_out_of_scope"
    if rule.family == "reported" and (case.known_outcome != "won" or case.report_degree_bp is None):
        return "no_buyer_report"
    if rule.anchor.startswith(STAGE_PREFIX) and case.moment(rule.anchor) is None:
        return "milestone_not_reached"
    return ""


def stored_anchor(rule: Rule, case: Case) -> datetime | None:
    """The last moment at which a touch counts; None while the deal is open, when that is as_of."""
    return case.moment(rule.anchor)


# --- which touches ---


def divide_touches(rule: Rule, case: Case) -> tuple[list[Touch], list[tuple[int, int]]]:
    """The path, and the refused touches with their codes; both in order."""
    ordered = sorted(case.touches, key=lambda t: (t.occurred_at, t.activity_id, t.encounter_id))
    codes = {touch.touch_id: refusal(rule, case, touch) for touch in ordered}
    eligible = [touch for touch in ordered if codes[touch.touch_id] is None]
    kept = keep(rule.dedupe, [touch.activity_id for touch in eligible])
    for place, touch in enumerate(eligible, start=1):
        if place not in kept:
            codes[touch.touch_id] = REFUSAL_NUMBERS["duplicate"]
    path = [touch for touch in ordered if codes[touch.touch_id] is None]
    return path, [(touch_id, code) for touch_id, code in codes.items() if code is not None]


def refusal(rule: Rule, case: Case, touch: Touch) -> int | None:
    """Code of the first reason that refuses the touch."""
    anchor = stored_anchor(rule, case) or case.as_of
    window_from = case.opened_at - timedelta(hours=rule.window_hours)
    checks = {
        "withdrawn": touch.void_reason == "withdrawn",
        "duplicate_activity": touch.void_reason == "duplicate_activity",
        "role_not_sourced": rule.is_sourced and touch.role != "sourced",
        "side_not_admitted": touch.side not in rule.sides,
        "rung_not_admitted": touch.rung not in rule.rungs,
        "kind_not_admitted": rule.activity_kinds is not None and touch.activity_kind not in rule.activity_kinds,
        "after_as_of": touch.occurred_at > case.as_of,
        "after_anchor": touch.occurred_at > anchor,
        "outside_window": touch.occurred_at < window_from,
        "earlier_opportunity": touch.rung > 1 and case.restart_at is not None and touch.occurred_at <= case.restart_at,
    }
    return next((REFUSAL_NUMBERS[reason] for reason, refused in checks.items() if refused), None)


def keep(dedupe: str, activities: Sequence[object]) -> list[int]:
    """Places, from 1, that the dedupe rule keeps of a path given by its activities."""
    places = range(1, len(activities) + 1)
    if dedupe == "collapse":
        repeats = {place for place, (a, b) in enumerate(pairwise(activities), start=2) if a == b}
        return [place for place in places if place not in repeats]
    if dedupe == "first":
        return [place for place in places if activities[place - 1] not in activities[: place - 1]]
    if dedupe == "last":
        return [place for place in places if activities[place - 1] not in activities[place:]]
    return list(places)


# --- how much each weighs ---


def weigh(rule: Rule, case: Case, path: Sequence[Touch]) -> Weighed:
    """Raw weights of the path, the hints multiplied in where the rule says so."""
    if not path:
        return Weighed([], [])
    weighed = FAMILY_WEIGHTS[rule.family](rule, case, path)
    if not rule.use_hint:
        return weighed
    raw = [weight * touch.hint_milli for weight, touch in zip(weighed.raw, path, strict=True)]
    return Weighed(raw, weighed.held, weighed.flags)


def weigh_positions(rule: Rule, case: Case, path: Sequence[Touch]) -> Weighed:
    holders = {position: holder(position, case, path) for position in rule.bits}
    held = [sum(rule.bits[p] for p, place in holders.items() if place == i) for i in range(len(path))]
    weight = [sum(rule.weights[p] for p, place in holders.items() if place == i) for i in range(len(path))]
    middle_touches = held.count(0)
    several = max(1, middle_touches)
    raw = [several * own if bits else rule.middle for own, bits in zip(weight, held, strict=True)]
    unheld = None in holders.values() or (rule.middle > 0 and middle_touches == 0)
    return Weighed(raw, held, ("renormalised",) if unheld else ())


def holder(position: str, case: Case, path: Sequence[Touch]) -> int | None:
    """Place from 0 of the touch that holds a position."""
    if position == "first":
        return 0
    if position == "last":
        return len(path) - 1
    moment = case.moment(position)
    before = [place for place, touch in enumerate(path) if moment and touch.occurred_at <= moment]
    return before[-1] if before else None


def weigh_last_non(rule: Rule, _case: Case, path: Sequence[Touch]) -> Weighed:
    others = [place for place, touch in enumerate(path) if touch.activity_kind not in rule.excluded]
    chosen = others[-1] if others else len(path) - 1
    raw = [int(place == chosen) for place in range(len(path))]
    return Weighed(raw, [0] * len(path), () if others else ("fallback_last",))


def weigh_time_decay(rule: Rule, _case: Case, path: Sequence[Touch]) -> Weighed:
    half_life = timedelta(hours=rule.half_life_hours or 0) // MICROSECOND
    ages = [(path[-1].occurred_at - touch.occurred_at) // MICROSECOND for touch in path]
    return Weighed([decay(age, half_life) for age in ages], [0] * len(path))


def decay(age: int, half_life: int) -> int:
    """10^24 x 2^-(age / half_life), rounded half up; both in microseconds."""
    power = EXACT.power(Decimal(2), EXACT.divide(Decimal(-age), Decimal(half_life)))
    return int(EXACT.multiply(power, DECAY_SCALE).to_integral_value(rounding=ROUND_HALF_UP))


def weigh_reported(_rule: Rule, case: Case, path: Sequence[Touch]) -> Weighed:
    champions = [touch.champion_id for touch in path]
    degree = case.report_degree_bp or 0
    raw = [
        REPORT_SCALE * degree * case.report_shares_bp.get(champion, 0) // champions.count(champion)
        for champion in champions
    ]
    return Weighed(raw, [0] * len(path), not_by_references=REPORT_SCALE * ALL_BASIS_POINTS - sum(raw))


# `unit_weights` takes its place here once a model can be fitted.
FAMILY_WEIGHTS: Final[Mapping[str, Callable[[Rule, Case, Sequence[Touch]], Weighed]]] = {
    "positions": weigh_positions,
    "last_non": weigh_last_non,
    "time_decay": weigh_time_decay,
    "reported": weigh_reported,
}


# --- money ---


@dataclass(frozen=True)
class Money:
    basis_minor: int
    reporting_minor: int | None
    rate: Decimal | None
    rate_on: date | None
    flags: tuple[str, ...]


def resolve_money(case: Case) -> Money:
    amount = case.amount or Decimal(0)
    basis = money.to_minor(amount, case.currency)
    flags = ["basis_missing"] if case.amount is None else []
    if money.from_minor(basis, case.currency) != amount:
        flags.append("basis_rounded")
    if case.currency == case.reporting_currency:
        return Money(basis, basis, Decimal(1), None, tuple(flags))
    if case.rate is None:
        return Money(basis, None, None, None, (*flags, "fx_missing"))
    reporting = money.to_minor(EXACT.multiply(amount, case.rate), case.reporting_currency)
    return Money(basis, reporting, case.rate, case.rate_on, tuple(flags))


def date_flags(case: Case) -> list[str]:
    closed_at = case.known_closed_at
    flags = ["opened_estimated"] if case.opened_is_estimated else []
    if closed_at and case.closed_is_estimated:
        flags.append("closed_estimated")
    if closed_at and closed_at < case.opened_at:
        flags.append("dates_inverted")
    return flags


# --- lines ---


def credit_lines(case: Case, path: Sequence[Touch], weighed: Weighed, of: Money) -> list[Line]:
    """The ledger lines: three roundings by the same weights, each by itself."""
    raw = [*weighed.raw, weighed.not_by_references]
    ids: list[int | None] = [*(touch.touch_id for touch in path), None]
    held = [*weighed.held, 0]
    reason = "not_by_references"
    if not any(weighed.raw):
        ids, held, raw, reason = [None], [0], [1], nothing_to_credit(case, path)
    places = [place for place, weight in enumerate(raw) if weight > 0]
    weights = [raw[place] for place in places]
    micros = split(MILLION, weights)
    amounts = split(of.basis_minor, weights)
    reporting: list[int | None] = [None] * len(places)
    if of.reporting_minor is not None:
        reporting = [*split(of.reporting_minor, weights)]
    return [
        Line(
            line_no=number + 1,
            touch_id=ids[place],
            unattributed_reason=reason if ids[place] is None else "",
            held=held[place],
            raw=raw[place],
            credit_micros=micros[number],
            amount_minor=amounts[number],
            reporting_minor=reporting[number],
        )
        for number, place in enumerate(places)
    ]


def nothing_to_credit(case: Case, path: Sequence[Touch]) -> str:
    if path:
        return "no_weight"
    return "no_eligible_touch" if case.touches else "no_touch"


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Divide whole units by weights, largest remainders first, ties to the earlier; negatives mirrored."""
    if total < 0:
        return [-part for part in split(-total, weights)]
    whole = sum(weights)
    shares = [Fraction(total * weight, whole) for weight in weights]
    parts = [int(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda place: (parts[place] - shares[place], place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
