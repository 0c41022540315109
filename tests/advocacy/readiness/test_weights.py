"""Weight sets: what is seeded, what may be activated, what is frozen, how things fade."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from advocacy.models import ReadinessDecay, ReadinessModel, ReadinessWeight
from advocacy.readiness.weights import Weighing, activation_errors, extend_decay, weighing_of
from tests.advocacy.readiness import pools, reference

pytestmark = pytest.mark.django_db


@pytest.fixture
def active():
    return ReadinessModel.objects.get(state="active")


def test_first_set_is_the_table_of_the_manual(active):
    weighing = weighing_of(active)

    assert weighing == Weighing(Decimal(70), Decimal(50), pools.WEIGHTS)
    assert activation_errors(weighing) == []
    assert set(active.weights.values_list("missing", flat=True)) == {"reweight"}
    assert (active.version, active.min_confidence, active.history_threshold) == (1, 40, 1)


@pytest.mark.parametrize("half_life", [7, 20, 30, 45, 60, 90, 120, 180, 365, 1000, 3650])
def test_decay_equals_the_formula_for_every_week_that_counts(half_life):
    model = ReadinessModel.objects.create(version=2)
    model.weights.create(kind="health", weight=100, half_life_days=half_life)

    extend_decay(model)

    stored = dict(ReadinessDecay.objects.filter(half_life_days=half_life).values_list("weeks", "decay_micros"))
    weeks = range(3 * half_life // 7 + 1)
    assert stored == {week: int(reference.decay(half_life, week) * 1_000_000) for week in weeks}


def test_decay_is_filled_once():
    model = ReadinessModel.objects.create(version=2)
    model.weights.create(kind="health", weight=100, half_life_days=77)

    assert [extend_decay(model), extend_decay(model)] == [34, 0]


GOOD = {"health": (60, 60), "tenure": (40, None)}


@pytest.mark.parametrize(
    ("weights", "codes"),
    [
        (GOOD, []),
        ({**GOOD, "nps": (0, 7)}, []),
        ({**GOOD, "health": (59, 60)}, ["weights_must_sum_to_100"]),
        ({**GOOD, "health": (61, 60)}, ["weights_must_sum_to_100"]),
        ({**GOOD, "health": (101, 60), "nps": (-41, 60)}, ["out_of_range", "out_of_range"]),
        ({**GOOD, "health": (57.5, 60), "nps": (2.5, 60)}, ["out_of_range", "out_of_range"]),
        ({**GOOD, "nps": (0, 0)}, ["out_of_range"]),
        ({**GOOD, "nps": (0, 6)}, ["out_of_range"]),
        ({**GOOD, "nps": (0, 3651)}, ["out_of_range"]),
        ({**GOOD, "nps": (0, None)}, ["out_of_range"]),
        ({**GOOD, "risk": (0, 60)}, ["unknown_kind"]),
        ({**GOOD, "mood": (0, 60)}, ["unknown_kind"]),
    ],
)
def test_what_forbids_activating(weights, codes):
    assert [error.code for error in activation_errors(Weighing(Decimal(70), Decimal(50), weights))] == codes


def test_ready_begins_above_warming():
    (error,) = activation_errors(Weighing(Decimal(50), Decimal(50), GOOD))

    assert (error.code, error.pointer) == ("out_of_range", "/ready_from")


@pytest.mark.parametrize(
    "change",
    [
        lambda: ReadinessModel.objects.filter(version=1).update(ready_from=80),
        lambda: ReadinessModel.objects.filter(version=1).update(state="draft"),
        lambda: ReadinessModel.objects.filter(version=1).update(state="retired", ready_from=80),
        lambda: ReadinessWeight.objects.filter(kind="nps").update(weight=1),
        lambda: ReadinessWeight.objects.filter(kind="nps").delete(),
        lambda: ReadinessWeight.objects.create(model=ReadinessModel.objects.get(), kind="risk", weight=1),
        lambda: ReadinessModel.objects.all().delete(),
    ],
    ids=["limits", "back to draft", "limits while retiring", "weight", "delete a weight", "add a weight", "delete"],
)
def test_active_set_is_frozen(active, change):
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        change()

    assert weighing_of(active).weights == pools.WEIGHTS


def test_retired_set_stays_retired(active):
    ReadinessModel.objects.update(state="retired")

    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        ReadinessModel.objects.update(state="active")


def test_draft_is_edited_freely():
    model = ReadinessModel.objects.create(version=2)
    weight = model.weights.create(kind="nps", weight=10, half_life_days=30)

    weight.weight = 20
    weight.save()
    model.delete()

    assert not ReadinessWeight.objects.filter(pk=weight.pk).exists()
