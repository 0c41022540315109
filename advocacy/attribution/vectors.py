"""Vectors: published and derived examples, run through both allocators and compared exactly.

A file has the form `attribution-vectors/1`: {"vectors": [{id, title, kind, source, input, expected}]}. Inputs go
straight to the allocator (rung, side and restart_at are given, nothing is matched) and nothing is stored. A kind or
family that is not built is named in the answer, never counted as passed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from advocacy.attribution.engines import ALLOCATORS, SPLITTERS
from advocacy.attribution.rules import (
    BUILT_FAMILIES,
    REFUSALS,
    RUNG_NUMBERS,
    RUNGS,
    Rule,
    held_positions,
)
from advocacy.attribution.twin import EXACT, Allocation, Case, Touch

Vector = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of one vector in one engine; no differences and neither of the others means it passed."""

    vector: str
    title: str
    kind: str
    engine: str
    differences: tuple[str, ...] = ()
    not_built: str = ""
    skipped: str = ""

    @property
    def passed(self) -> bool:
        return not (self.differences or self.not_built or self.skipped)


def run_vectors(vectors: Sequence[Vector], *, engines: Sequence[str], data: Path | None) -> list[Outcome]:
    """Run every vector in every engine; `data` is the folder of the outside files some vectors name."""
    return [_run(vector, engine, data) for vector in vectors for engine in engines]


def _run(vector: Vector, engine: str, data: Path | None) -> Outcome:
    named = {"vector": vector["id"], "title": vector["title"], "kind": vector["kind"], "engine": engine}
    missing = _not_built(vector)
    if missing:
        return Outcome(**named, not_built=missing)
    if "file" in vector["input"] and data is None:
        return Outcome(**named, skipped=f"needs {vector['input']['file']}")
    observed = KINDS[vector["kind"]](vector["input"], engine, data)
    return Outcome(**named, differences=tuple(differences(vector["expected"], observed)))


def _not_built(vector: Vector) -> str:
    if vector["kind"] not in KINDS:
        return str(vector["kind"])
    family = vector["input"].get("model", {}).get("family", "positions")
    return "" if family in BUILT_FAMILIES else f"{vector['kind']} with {family}"


def differences(expected: Any, observed: Any, where: str = "") -> Iterator[str]:
    """Every place where what was expected is not what was observed; keys nobody expected are not looked at."""
    if isinstance(expected, Mapping) and isinstance(observed, Mapping):
        for key, value in expected.items():
            yield from differences(value, observed.get(key, "(absent)"), f"{where}.{key}".lstrip("."))
    elif isinstance(expected, list) and isinstance(observed, list) and len(expected) == len(observed):
        for place, (value, other) in enumerate(zip(expected, observed, strict=True)):
            yield from differences(value, other, f"{where}[{place}]")
    elif expected != observed:
        yield f"{where}: expected {expected!r}, got {observed!r}"


# --- allocate ---


def run_allocate(given: Vector, engine: str, _data: Path | None) -> dict[str, Any]:
    rule, case = read_rule(given["model"]), read_case(given)
    (found,) = ALLOCATORS[engine]([(rule, case)])
    if found.state == "closed":
        return {"scope": found.closed_reason}
    return {
        "scope": "in",
        "path": list(found.path),
        "lines": [_line_as_expected(rule, found, number) for number in range(len(found.lines))],
        "rejected": [{"touch": touch, "reason": REFUSALS[code]} for touch, code in found.rejected],
        "flags": sorted(found.flags),
        "basis_minor": found.basis_minor,
        "reporting_basis_minor": found.reporting_minor,
    }


def _line_as_expected(rule: Rule, found: Allocation, number: int) -> dict[str, Any]:
    line = found.lines[number]
    share = Fraction(line.raw, found.raw_total)
    about: dict[str, Any] = {"reason": line.unattributed_reason}
    if line.touch_id is not None:
        about = {"positions": held_positions(rule, line.held)}
    return {
        "touch": line.touch_id,
        **about,
        "num": str(share.numerator),
        "den": str(share.denominator),
        "micros": line.credit_micros,
        "minor": line.amount_minor,
        "reporting_minor": line.reporting_minor,
    }


def read_rule(model: Vector) -> Rule:
    """The rule of a vector's model, with the defaults of the form."""
    question = model.get("question", "influenced")
    is_sourced = question == "sourced"
    rungs = tuple(RUNG_NUMBERS[name] for name in model.get("rungs", RUNGS.values()))
    kinds = model.get("activity_kinds")
    return Rule(
        family=model["family"],
        parameters=model.get("parameters", {}),
        question=question,
        anchor=model.get("anchor", "opened" if is_sourced else "closed"),
        window_days=model.get("window_days", 730),
        dedupe=model.get("dedupe", "none"),
        rungs=rungs,
        sides=tuple(model.get("sides", ("own", "family", "peer") if is_sourced else ("peer", "family"))),
        opportunity_kinds=tuple(model.get("opportunity_kinds", ("new_business", "expansion", "renewal"))),
        activity_kinds=None if kinds is None else tuple(kinds),
        use_hint=model.get("use_hint", False),
    )


def read_case(given: Vector) -> Case:
    """The case of a vector. Without `reporting` the deal is reported in its own currency."""
    deal, touches = given["opportunity"], given["touches"]
    reporting = given.get("reporting", {})
    report = deal.get("report", {})
    champions = _numbers([t.get("champion", f"c{t['id']}") for t in touches] + [*report.get("shares_bp", {})])
    activities = _numbers([touch.get("activity", touch["id"]) for touch in touches])
    currency = deal.get("currency", "USD")
    return Case(
        as_of=_moment(given["as_of"]),
        opened_at=_moment(deal["opened_at"]),
        reporting_currency=reporting.get("currency", currency),
        amount=_number(deal.get("amount")),
        currency=currency,
        kind=deal.get("kind", "new_business"),
        outcome=deal.get("outcome", "open"),
        lead_at=_moment_or_none(deal.get("lead_at")),
        closed_at=_moment_or_none(deal.get("closed_at")),
        opened_is_estimated=deal.get("opened_is_estimated", False),
        closed_is_estimated=deal.get("closed_is_estimated", False),
        is_deleted=deal.get("is_deleted", False),
        restart_at=_moment_or_none(deal.get("restart_at")),
        rate=_number(reporting.get("rate")),
        rate_on=date.fromisoformat(reporting["on"]) if reporting.get("on") else None,
        stages={code: _moment(at) for code, at in deal.get("stages", {}).items()},
        report_degree_bp=report.get("degree_bp"),
        report_shares_bp={champions[name]: bp for name, bp in report.get("shares_bp", {}).items()},
        touches=tuple(_read_touch(touch, champions, activities) for touch in touches),
    )


def _read_touch(touch: Vector, champions: Mapping[Any, int], activities: Mapping[Any, int]) -> Touch:
    return Touch(
        touch_id=touch["id"],
        encounter_id=touch["id"],
        activity_id=activities[touch.get("activity", touch["id"])],
        occurred_at=_moment(touch["occurred_at"]),
        activity_kind=touch.get("activity_kind", "reference_call"),
        champion_id=champions[touch.get("champion", f"c{touch['id']}")],
        role=touch.get("role", "influenced"),
        rung=RUNG_NUMBERS[touch.get("rung", "explicit")],
        side=touch.get("side", "peer"),
        hint_milli=int(Decimal(str(touch.get("hint", 1))) * 1000),
        void_reason=touch.get("void") or "",
    )


def _numbers(names: Sequence[Any]) -> dict[Any, int]:
    """Names as ids: whole numbers stay, other names are numbered in their order."""
    if all(isinstance(name, int) for name in names):
        return {name: name for name in names}
    return {name: number for number, name in enumerate(sorted(set(names), key=str), start=1)}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else _moment(text)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


# --- paths ---

PATHS_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def run_paths(given: Vector, engine: str, data: Path | None) -> dict[str, Any]:
    """Conversions by unit, as one preset divides each path: each path is one deal, its units the touches."""
    rows = _path_rows(given, data)
    rule = Rule(family="positions", parameters={"preset": given["preset"]})
    found = ALLOCATORS[engine]([(rule, _path_case(len(units))) for units, _ in rows])
    totals: dict[str, Fraction] = defaultdict(Fraction)
    for (units, conversions), allocation in zip(rows, found, strict=True):
        for unit in units:
            totals[unit] += 0
        for line in allocation.lines:
            totals[units[(line.touch_id or 0) - 1]] += Fraction(line.raw, allocation.raw_total) * conversions
    return {
        "totals": {unit: str(total) for unit, total in totals.items()},
        "totals_decimal": {unit: _decimal(total, 18) for unit, total in totals.items()},
    }


def _path_rows(given: Vector, data: Path | None) -> list[tuple[list[str], int]]:
    if "file" not in given or data is None:
        return [(row["path"], row["conversions"]) for row in given["paths"]]
    with (data / given["file"]).open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    return [(row["path"].split(" > "), int(row["total_conversions"])) for row in rows]


def _path_case(places: int) -> Case:
    closed_at = PATHS_START + timedelta(minutes=places)
    touches = tuple(
        Touch(touch_id=n, encounter_id=n, activity_id=n, occurred_at=PATHS_START + timedelta(minutes=n))
        for n in range(1, places + 1)
    )
    return Case(
        as_of=closed_at,
        opened_at=PATHS_START,
        closed_at=closed_at,
        outcome="won",
        amount=Decimal(1),
        reporting_currency="USD",
        touches=touches,
    )


def _decimal(number: Fraction, digits: int) -> str:
    exact = EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))
    return str(exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=EXACT))


# --- the single rules ---


def run_round(given: Vector, engine: str, _data: Path | None) -> dict[str, Any]:
    weights = [int(weight) for weight in given["raw"]]
    return {"minor": SPLITTERS[engine](given["total_minor"], weights)}


def run_dedupe(given: Vector, engine: str, _data: Path | None) -> dict[str, Any]:
    activities = _numbers(given["activities"])
    places = len(given["activities"])
    touches = tuple(
        Touch(
            touch_id=n,
            encounter_id=n,
            activity_id=activities[name],
            occurred_at=PATHS_START + timedelta(minutes=n),
        )
        for n, name in enumerate(given["activities"], start=1)
    )
    case = Case(
        as_of=PATHS_START + timedelta(minutes=places),
        opened_at=PATHS_START,
        reporting_currency="USD",
        touches=touches,
    )
    names = ("none", "collapse", "first", "last")
    rules = [Rule(family="positions", parameters={"preset": "linear"}, dedupe=name) for name in names]
    found = ALLOCATORS[engine]([(rule, case) for rule in rules])
    return {"kept": {name: list(each.path) for name, each in zip(names, found, strict=True)}}


# `markov`, `shapley_game`, `shapley_fit`, `lift` and `diff` take their places here with what they test.
KINDS: Final[Mapping[str, Callable[[Vector, str, Path | None], dict[str, Any]]]] = {
    "allocate": run_allocate,
    "paths": run_paths,
    "round": run_round,
    "dedupe": run_dedupe,
}
