"""Rules: one model version as a value, and the names and numbers that every room of attribution uses.

A `Rule` says which deals it covers, which touches it admits, and how it weighs them. It is what a row of
AttributionModelVersion means; `validate_rule` is the gate before such a row is written. Codes are stored
in the ledger, so a number once given is never given to something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from accounts.choices import OpportunityKind
from advocacy.choices import WINDOW_DAYS_MAX, Dedupe, Family, Question, Refusal, Rung, Side
from clg.errors import FieldError, InvalidInput

if TYPE_CHECKING:
    from advocacy.models import AttributionModelVersion

MILLION: Final = 1_000_000
MAX_HALF_LIFE_HOURS: Final = 17_520
WEIGHT_DIGITS: Final = 6
MAX_POSITIONS: Final = 30  # each is one bit of Credit.held, an integer of 31 usable bits

# Names as answers and rules write them, by the numbers the ledger keeps (`advocacy/choices.py`).
RUNGS: Final[Mapping[int, str]] = {rung.value: rung.label for rung in Rung}
RUNG_NUMBERS: Final[Mapping[str, int]] = {name: number for number, name in RUNGS.items()}
REFUSALS: Final[Mapping[int, str]] = {refusal.value: refusal.label for refusal in Refusal}
REFUSAL_NUMBERS: Final[Mapping[str, int]] = {name: number for number, name in REFUSALS.items()}

# Everything a set can carry beside its numbers.
FLAGS: Final = (
    "basis_missing",
    "basis_rounded",
    "closed_estimated",
    "dates_inverted",
    "fallback_last",
    "fx_missing",
    "opened_estimated",
    "renormalised",
)

# What the definition knows, and what the allocator weighs; versions are stored for those of `choices.Family`.
FAMILIES: Final = ("positions", "last_non", "time_decay", "reported", "unit_weights")
FITTED_FAMILIES: Final = ("unit_weights",)  # weighed by a stored fit, which is an act of its own
BUILT_FAMILIES: Final = tuple(family for family in FAMILIES if family not in FITTED_FAMILIES)

PLAIN_POSITIONS: Final = ("first", "last", "lead", "opened", "closed")
STAGE_PREFIX: Final = "stage:"

# Preset: weights by position, and the weight shared by the middle.
PRESETS: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    "first": ({"first": "1"}, "0"),
    "last": ({"last": "1"}, "0"),
    "linear": ({}, "1"),
    "u": ({"first": "0.4", "last": "0.4"}, "0.2"),
    "j": ({"first": "0.2", "last": "0.6"}, "0.2"),
    "inverse_j": ({"first": "0.6", "last": "0.2"}, "0.2"),
    "w": ({"first": "0.3", "lead": "0.3", "opened": "0.3"}, "0.1"),
    "full_path": ({"first": "0.225", "lead": "0.225", "opened": "0.225", "closed": "0.225"}, "0.1"),
}


@dataclass(frozen=True)
class Rule:
    """One model version. `rungs` are numbers of `RUNGS`; `activity_kinds` None admits every kind."""

    family: str
    parameters: Mapping[str, Any]
    question: str = "influenced"
    anchor: str = "closed"
    window_days: int = WINDOW_DAYS_MAX
    dedupe: str = "none"
    rungs: tuple[int, ...] = tuple(RUNGS)
    sides: tuple[str, ...] = ("peer", "family")
    opportunity_kinds: tuple[str, ...] = tuple(OpportunityKind.values)
    activity_kinds: tuple[str, ...] | None = None
    use_hint: bool = False
    version_id: int = 0
    model_id: int = 0
    is_retired: bool = field(default=False, kw_only=True)

    @property
    def is_sourced(self) -> bool:
        return self.question == "sourced"

    @property
    def window_hours(self) -> int:
        return self.window_days * 24  # a day of the window is 24 hours, whatever the clocks did

    @cached_property
    def weights(self) -> dict[str, int]:
        """Millionths by named position, in alphabetical order: place i of this order is bit i of `held`."""
        named, _ = self._shares
        return {position: _millionths(named[position]) for position in sorted(named)}

    @cached_property
    def middle(self) -> int:
        """Millionths shared by the touches that hold no position."""
        return _millionths(self._shares[1])

    @cached_property
    def bits(self) -> dict[str, int]:
        """Bit of `held` by position with weight > 0; a position without weight is never held."""
        return {name: 1 << place for place, (name, weight) in enumerate(self.weights.items()) if weight > 0}

    @property
    def milestones(self) -> dict[str, int]:
        """Millionths by milestone position (lead, opened, closed, a stage) with weight > 0."""
        return {name: self.weights[name] for name in self.bits if name not in ("first", "last")}

    @property
    def stages(self) -> set[str]:
        """Codes of the stages this version needs to know about."""
        named = [*self.weights, self.anchor]
        return {name.removeprefix(STAGE_PREFIX) for name in named if name.startswith(STAGE_PREFIX)}

    @property
    def excluded(self) -> tuple[str, ...]:
        return tuple(self.parameters.get("exclude", ())) if self.family == "last_non" else ()

    @property
    def half_life_hours(self) -> int | None:
        return int(self.parameters["half_life_hours"]) if self.family == "time_decay" else None

    @property
    def profile(self) -> tuple[object, ...]:
        """Equal for versions that cover the same deals and admit the same touches."""
        return (
            self.is_retired,
            self.is_sourced,
            self.family == "reported",
            self.anchor,
            self.window_days,
            self.dedupe,
            frozenset(self.rungs),
            frozenset(self.sides),
            frozenset(self.opportunity_kinds),
            None if self.activity_kinds is None else frozenset(self.activity_kinds),
        )

    @property
    def _shares(self) -> tuple[Mapping[str, Any], Any]:
        if self.family != "positions":
            return {}, 0
        if "preset" in self.parameters:
            return PRESETS[self.parameters["preset"]]
        return self.parameters.get("weights", {}), self.parameters.get("middle", 0)


def _millionths(weight: Any) -> int:
    return int(Decimal(str(weight)) * MILLION)


def held_positions(rule: Rule, held: int) -> list[str]:
    """Names an answer lists for one credited touch: the held positions, `middle`, `last_non`, or nothing."""
    if rule.family == "last_non":
        return ["last_non"]
    if rule.family != "positions":
        return []
    return [name for name, bit in rule.bits.items() if held & bit] or ["middle"]


def rule_of(version: AttributionModelVersion) -> Rule:
    """What a stored version says; reads its model."""
    return Rule(
        family=version.family,
        parameters=version.parameters,
        question=version.model.question,
        anchor=version.anchor,
        window_days=version.window_days,
        dedupe=version.dedupe,
        rungs=tuple(version.rungs),
        sides=tuple(version.sides),
        opportunity_kinds=tuple(version.opportunity_kinds),
        activity_kinds=None if version.activity_kinds is None else tuple(version.activity_kinds),
        use_hint=version.use_hint,
        version_id=version.pk,
        model_id=version.model_id,
        is_retired=not version.model.is_active,
    )


def validate_rule(rule: Rule, *, known_kinds: Sequence[str] = ()) -> None:
    """Raise `InvalidInput` (`invalid_parameters`) naming every wrong field, and the sum that was found."""
    errors = [*_setting_errors(rule), *_kind_errors(rule, known_kinds), *_parameter_errors(rule)]
    if errors:
        raise InvalidInput(" ".join(error.detail for error in errors), errors=errors, code="invalid_parameters")


def _wrong(pointer: str, detail: str) -> FieldError:
    return FieldError(code="invalid_parameters", detail=detail, pointer=f"/{pointer}")


def _setting_errors(rule: Rule) -> Iterator[FieldError]:
    if rule.question not in Question.values:
        yield _wrong("question", f"The question is one of {_listed(Question.values)}.")
    if not is_whole(rule.window_days) or not 1 <= rule.window_days <= WINDOW_DAYS_MAX:
        yield _wrong("window_days", f"The window is 1 to {WINDOW_DAYS_MAX} days, not {rule.window_days}.")
    if rule.dedupe not in Dedupe.values:
        yield _wrong("dedupe", f"The dedupe rule is one of {_listed(Dedupe.values)}.")
    if rule.anchor not in ("opened", "closed") and not _is_stage(rule.anchor):
        yield _wrong("anchor", f"The anchor is opened, closed or stage:code, not {rule.anchor}.")
    yield from _choice_errors("rungs", rule.rungs, tuple(RUNGS))
    yield from _choice_errors("sides", rule.sides, Side.values)
    yield from _choice_errors("opportunity_kinds", rule.opportunity_kinds, OpportunityKind.values)


def _choice_errors(name: str, given: Sequence[object], allowed: Sequence[object]) -> Iterator[FieldError]:
    unknown = [value for value in given if value not in allowed]
    if not given:
        yield _wrong(name, f"At least one of {_listed(allowed)} is needed.")
    if unknown:
        yield _wrong(name, f"Unknown: {_listed(unknown)}; allowed are {_listed(allowed)}.")


def _kind_errors(rule: Rule, known_kinds: Sequence[str]) -> Iterator[FieldError]:
    if rule.activity_kinds is not None and not rule.activity_kinds:
        yield _wrong("activity_kinds", "Name at least one activity kind, or leave the field out for all.")
    unknown = [kind for kind in rule.activity_kinds or () if known_kinds and kind not in known_kinds]
    if unknown:
        yield _wrong("activity_kinds", f"Unknown activity kind: {_listed(unknown)}.")


def _parameter_errors(rule: Rule) -> Iterator[FieldError]:
    if rule.family not in Family.values:
        yield _wrong("family", f"The family is one of {_listed(Family.values)}.")
        return
    allowed = _PARAMETERS[rule.family]
    for name in rule.parameters:
        if name not in allowed:
            yield _wrong(f"parameters/{name}", f"The family {rule.family} knows no parameter {name}.")
    if rule.family == "positions":
        yield from _position_errors(rule.parameters)
    elif rule.family == "last_non":
        yield from _exclude_errors(rule.parameters.get("exclude"))
    elif rule.family == "time_decay":
        yield from _half_life_errors(rule.parameters.get("half_life_hours"))


_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "positions": ("weights", "middle", "preset"),
    "last_non": ("exclude",),
    "time_decay": ("half_life_hours",),
}


def _position_errors(parameters: Mapping[str, Any]) -> Iterator[FieldError]:
    if "preset" in parameters:
        if parameters["preset"] not in PRESETS:
            yield _wrong("parameters/preset", f"The preset is one of {_listed(tuple(PRESETS))}.")
        if len(parameters) > 1:
            yield _wrong("parameters/preset", "Give either a preset or weights, not both.")
        return
    weights = parameters.get("weights", {})
    if not isinstance(weights, Mapping):
        yield _wrong("parameters/weights", "Weights are an object of position and decimal.")
        return
    yield from _position_name_errors(weights)
    shares = {f"weights/{name}": value for name, value in weights.items()}
    shares["middle"] = parameters.get("middle", 0)
    wrong = [error for name, value in shares.items() for error in _weight_errors(name, value)]
    yield from wrong
    total = sum((Decimal(str(value)) for value in shares.values()), Decimal(0)) if not wrong else Decimal(1)
    if total != 1:
        yield _wrong("parameters/weights", f"Weights and middle sum to {_plain(total)}, not to 1.")


def _position_name_errors(weights: Mapping[str, Any]) -> Iterator[FieldError]:
    for name in weights:
        if name not in PLAIN_POSITIONS and not _is_stage(name):
            known = _listed((*PLAIN_POSITIONS, "stage:code"))
            yield _wrong(f"parameters/weights/{name}", f"Unknown position {name}; known are {known}.")
    if len(weights) > MAX_POSITIONS:
        yield _wrong("parameters/weights", f"At most {MAX_POSITIONS} positions can be named.")


def _weight_errors(name: str, value: Any) -> Iterator[FieldError]:
    weight = _decimal(value)
    if weight is None:
        yield _wrong(f"parameters/{name}", f"{value} is not a decimal number.")
    elif weight < 0:
        yield _wrong(f"parameters/{name}", f"A weight is not negative: {_plain(weight)}.")
    elif weight * MILLION != int(weight * MILLION):
        detail = f"A weight has at most {WEIGHT_DIGITS} digits after the point: {_plain(weight)}."
        yield _wrong(f"parameters/{name}", detail)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _exclude_errors(excluded: Any) -> Iterator[FieldError]:
    if not isinstance(excluded, list | tuple) or not all(isinstance(kind, str) for kind in excluded):
        yield _wrong("parameters/exclude", "Name the activity kinds to pass over, as a list.")


def _half_life_errors(hours: Any) -> Iterator[FieldError]:
    if not is_whole(hours) or not 1 <= hours <= MAX_HALF_LIFE_HOURS:
        detail = f"The half-life is 1 to {MAX_HALF_LIFE_HOURS} whole hours, not {hours}."
        yield _wrong("parameters/half_life_hours", detail)


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_stage(name: object) -> bool:
    return isinstance(name, str) and name.startswith(STAGE_PREFIX) and len(name) > len(STAGE_PREFIX)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
