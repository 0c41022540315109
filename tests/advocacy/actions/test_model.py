"""Versions of a rule, activation, retirement, defaults."""

from __future__ import annotations

import pytest

from advocacy.actions.model import activate_model, define_model_version, retire_model, set_default_model
from advocacy.errors import DefaultModel, ModelNotActive
from advocacy.models import AttributionModel, AttributionModelVersion, AttributionRun
from clg.errors import InvalidInput
from tests.advocacy.attribution.tenant import AT

pytestmark = pytest.mark.django_db


def model(key: str) -> AttributionModel:
    return AttributionModel.objects.get(key=key)


def test_seeded_models():
    rows = AttributionModel.objects.order_by("key").values_list("key", "is_active", "is_default")

    assert {key for key, is_active, _ in rows if is_active} == {
        "sourced-first",
        "influenced-linear",
        "influenced-u",
        "influenced-last",
        "influenced-decay",
    }
    assert {key for key, _, is_default in rows if is_default} == {"sourced-first", "influenced-linear"}
    assert len(rows) == 12


def test_left_out_fields_are_those_of_the_current_version(marketer):
    version = define_model_version(model=model("influenced-u"), window_days=90, by=marketer, at=AT)

    assert (version.number, version.window_days, version.parameters) == (2, 90, {"preset": "u"})
    assert version.created_by == marketer
    assert model("influenced-u").current_version.number == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"parameters": {"weights": {"first": "0.5"}, "middle": "0.4"}},
        {"parameters": {"weights": {"nowhere": "1"}}},
        {"window_days": 0},
        {"window_days": 731},
        {"rungs": []},
        {"sides": []},
        {"family": "time_decay", "parameters": {"half_life_hours": 0}},
        {"colour": "red"},
    ],
)
def test_a_wrong_rule_is_refused_and_nothing_stored(rule):
    before = AttributionModelVersion.objects.count()

    with pytest.raises(InvalidInput) as refusal:
        define_model_version(model=model("influenced-u"), at=AT, **rule)

    assert refusal.value.errors
    assert AttributionModelVersion.objects.count() == before


def test_activating_a_version_queues_one_run():
    version = define_model_version(model=model("influenced-j"), window_days=30, at=AT)

    for _ in range(2):
        activate_model(model=model("influenced-j"), version=version, at=AT)

    assert model("influenced-j").is_active
    assert model("influenced-j").current_version == version
    assert AttributionRun.objects.get().model_versions == [version.pk]


def test_the_default_is_not_retired():
    with pytest.raises(DefaultModel):
        retire_model(model=model("influenced-linear"), at=AT)

    assert model("influenced-linear").is_active
    assert not AttributionRun.objects.exists()


def test_the_default_moves_within_its_question():
    set_default_model(model=model("influenced-u"), at=AT)
    retire_model(model=model("influenced-linear"), at=AT)

    assert model("influenced-u").is_default
    assert not model("influenced-linear").is_active
    assert model("sourced-first").is_default


def test_only_an_active_model_becomes_default():
    with pytest.raises(ModelNotActive):
        set_default_model(model=model("influenced-j"), at=AT)

    assert model("influenced-linear").is_default
