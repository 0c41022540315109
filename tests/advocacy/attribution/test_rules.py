"""What a rule means, and what is refused as one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from advocacy.attribution.rules import PRESETS, REFUSALS, RUNGS, Rule, held_positions, validate_rule
from clg.errors import InvalidInput

LINEAR = Rule(family="positions", parameters={"preset": "linear"})


def weighted(**parameters: Any) -> Rule:
    return Rule(family="positions", parameters=parameters)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_a_valid_rule_whose_weights_sum_to_one(preset: str) -> None:
    rule = weighted(preset=preset)

    validate_rule(rule)

    assert sum(rule.weights.values()) + rule.middle == 1_000_000


def test_codes_of_rungs_and_refusals_are_those_of_the_ledger() -> None:
    assert RUNGS == {
        1: "explicit",
        2: "contact_role",
        3: "account_contact",
        4: "account",
        5: "domain",
        6: "parent",
    }
    assert list(REFUSALS) == list(range(1, 12))
    assert (REFUSALS[1], REFUSALS[9], REFUSALS[11]) == ("withdrawn", "outside_window", "duplicate")


def test_bits_follow_the_alphabet_of_the_named_positions_and_skip_those_without_weight() -> None:
    rule = weighted(weights={"stage:demo": "0.5", "first": "0", "closed": "0.5"}, middle="0")

    assert list(rule.weights) == ["closed", "first", "stage:demo"]
    assert rule.bits == {"closed": 1, "stage:demo": 4}
    assert held_positions(rule, 5) == ["closed", "stage:demo"]
    assert held_positions(rule, 0) == ["middle"]


def test_held_positions_of_the_other_families() -> None:
    assert held_positions(Rule(family="last_non", parameters={"exclude": []}), 0) == ["last_non"]
    assert held_positions(Rule(family="time_decay", parameters={"half_life_hours": 1}), 0) == []


def test_versions_that_admit_the_same_touches_share_a_profile() -> None:
    other = weighted(preset="u")

    assert LINEAR.profile == other.profile
    assert LINEAR.profile == replace(LINEAR, rungs=(6, 5, 4, 3, 2, 1)).profile
    assert LINEAR.profile != replace(LINEAR, window_days=90).profile
    assert LINEAR.profile != replace(LINEAR, is_retired=True).profile


@pytest.mark.parametrize(
    ("parameters", "pointer", "words"),
    [
        ({"weights": {"first": "0.4"}, "middle": "0.2"}, "/parameters/weights", "sum to 0.6, not to 1"),
        ({"weights": {"first": "0.7"}, "middle": "0.4"}, "/parameters/weights", "sum to 1.1, not to 1"),
        ({"weights": {"best": "1"}}, "/parameters/weights/best", "Unknown position best"),
        ({"weights": {"stage:": "1"}}, "/parameters/weights/stage:", "Unknown position"),
        ({"weights": {"first": "1.5"}, "middle": "-0.5"}, "/parameters/middle", "not negative: -0.5"),
        ({"weights": {"first": "0.3333333"}, "middle": "0.6666667"}, "/parameters/weights/first", "at most 6 digits"),
        ({"weights": {"first": "many"}}, "/parameters/weights/first", "not a decimal number"),
        ({"weights": {"first": True}}, "/parameters/weights/first", "not a decimal number"),
        ({"weights": {"first": "NaN"}}, "/parameters/weights/first", "not a decimal number"),
        ({"weights": ["first"]}, "/parameters/weights", "object of position and decimal"),
        ({"preset": "z"}, "/parameters/preset", "The preset is one of"),
        ({"preset": "u", "middle": "0"}, "/parameters/preset", "not both"),
        ({"weights": {"last": "1"}, "best": 1}, "/parameters/best", "knows no parameter best"),
    ],
)
def test_wrong_parameters_are_refused_naming_field_and_sum(
    parameters: dict[str, Any], pointer: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate_rule(weighted(**parameters))

    assert refused.value.code == "invalid_parameters"
    assert pointer in {error.pointer for error in refused.value.errors}
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"window_days": 0}, "/window_days"),
        ({"window_days": 731}, "/window_days"),
        ({"rungs": ()}, "/rungs"),
        ({"rungs": (1, 7)}, "/rungs"),
        ({"sides": ()}, "/sides"),
        ({"sides": ("mine",)}, "/sides"),
        ({"opportunity_kinds": ()}, "/opportunity_kinds"),
        ({"activity_kinds": ()}, "/activity_kinds"),
        ({"activity_kinds": ("dance",)}, "/activity_kinds"),
        ({"anchor": "stage:"}, "/anchor"),
        ({"dedupe": "some"}, "/dedupe"),
        ({"question": "both"}, "/question"),
        ({"family": "magic"}, "/family"),
        ({"family": "time_decay", "parameters": {"half_life_hours": 0}}, "/parameters/half_life_hours"),
        ({"family": "time_decay", "parameters": {"half_life_hours": 17_521}}, "/parameters/half_life_hours"),
        ({"family": "time_decay", "parameters": {}}, "/parameters/half_life_hours"),
        ({"family": "last_non", "parameters": {"exclude": "logo"}}, "/parameters/exclude"),
    ],
)
def test_a_wrong_setting_is_refused_on_its_field(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate_rule(replace(LINEAR, **change), known_kinds=["logo", "quote"])

    assert {error.pointer for error in refused.value.errors} == {pointer}


@pytest.mark.parametrize(
    "rule",
    [
        replace(LINEAR, window_days=1),
        replace(LINEAR, window_days=730, anchor="stage:nobody was ever here"),
        Rule(family="time_decay", parameters={"half_life_hours": 17_520}),
        Rule(family="last_non", parameters={"exclude": ["logo"]}, use_hint=True),
        weighted(weights={"first": "0.000001"}, middle="0.999999"),
    ],
)
def test_the_edges_are_accepted(rule: Rule) -> None:
    validate_rule(rule, known_kinds=["logo"])
