"""Published and derived examples, exact in both allocators."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from advocacy.attribution.vectors import KINDS, differences, run_vectors

pytestmark = pytest.mark.django_db

FILE = Path(__file__).parents[2] / "vectors" / "attribution.json"
VECTORS = json.loads(FILE.read_text())["vectors"]
NOT_BUILT = {"D07", "D08", "D22", "D24", "D25", "D28", "D31", "D32", "D33"}
NEEDS_DATA = {"D13", "D14"}
BUILT = [vector for vector in VECTORS if vector["id"] not in NOT_BUILT | NEEDS_DATA]


@pytest.mark.parametrize("engine", ["python", "sql"])
@pytest.mark.parametrize("vector", BUILT, ids=lambda vector: vector["id"])
def test_vector_is_exact(vector: dict[str, object], engine: str) -> None:
    (outcome,) = run_vectors([vector], engines=[engine], data=None)

    assert outcome.differences == ()
    assert outcome.passed


def test_what_is_not_built_is_named_and_not_passed() -> None:
    outcomes = run_vectors(VECTORS, engines=["python"], data=None)

    assert {each.vector for each in outcomes if each.not_built} == NOT_BUILT
    assert {each.vector for each in outcomes if each.skipped} == NEEDS_DATA
    assert {each.vector for each in outcomes if each.passed} == {vector["id"] for vector in BUILT}
    assert {each.kind for each in outcomes if each.passed} == set(KINDS)


def test_differences_names_every_place() -> None:
    expected = {"scope": "in", "lines": [{"touch": 1, "minor": 5}, {"touch": 2, "minor": 5}]}
    observed = {"scope": "in", "lines": [{"touch": 1, "minor": 6}, {"touch": 2, "minor": 4}], "more": 1}

    assert list(differences(expected, observed)) == [
        "lines[0].minor: expected 5, got 6",
        "lines[1].minor: expected 5, got 4",
    ]


def test_differences_sees_a_missing_line_and_a_missing_key() -> None:
    expected = {"lines": [1, 2], "flags": []}

    assert list(differences(expected, {"lines": [1]})) == [
        "lines: expected [1, 2], got [1]",
        "flags: expected [], got '(absent)'",
    ]


def test_command_counts_and_exits_0_when_all_that_is_built_agrees() -> None:
    out = StringIO()

    call_command("attribution_vectors", str(FILE), engine="python", json=True, stdout=out)

    answer = json.loads(out.getvalue())
    assert (answer["passed"], answer["failed"], answer["skipped"], answer["not_built"]) == (23, 0, 2, 9)


def test_command_exits_1_and_lists_the_difference(tmp_path: Path) -> None:
    wrong = next(vector for vector in VECTORS if vector["id"] == "D10") | {"expected": {"minor": [1, 2, 3]}}
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({"schema": "attribution-vectors/1", "vectors": [wrong]}))
    out = StringIO()

    with pytest.raises(CommandError) as refused:
        call_command("attribution_vectors", str(file), engine="both", stdout=out)

    assert refused.value.returncode == 1
    assert "minor[0]: expected 1, got 3333334" in out.getvalue()
    assert "0 passed, 2 failed" in out.getvalue()


def test_command_refuses_a_file_of_another_form(tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text('{"vectors": []}')

    with pytest.raises(CommandError) as refused:
        call_command("attribution_vectors", str(file))

    assert refused.value.returncode == 2
