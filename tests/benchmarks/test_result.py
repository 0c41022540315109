"""The bench's own arithmetic: ratios, medians in turns, and a table that names missed goals."""

from __future__ import annotations

import json

from benchmarks import result as results
from benchmarks.result import Result, exponent, table, write_latest
from benchmarks.timing import Side, interleave, percentile

MISSED = Result("load", 1, 1000, 2.0, floor_seconds=0.5, baseline_seconds=3.0, goal="<= 2x floor", met=False)
MET = Result("again", 1, 1000, 0.004, goal="0 row writes", met=True, note="nothing written")


def test_ratios_compare_with_floor_and_baseline():
    assert MISSED.vs_floor == 4.0
    assert MISSED.vs_baseline == 1.5
    assert (MET.vs_floor, MET.vs_baseline) == (None, None)


def test_exponent_is_one_for_linear_and_two_for_squared_cost():
    assert round(exponent(1, 10, 10), 6) == 1
    assert round(exponent(1, 100, 10), 6) == 2


def test_table_prints_missed_goals_as_missed():
    text = table([MISSED, MET])

    assert "2.00 s" in text
    assert "4.0 ms" in text
    assert "MISSED: <= 2x floor" in text
    assert "met: 0 row writes" in text
    assert "again: nothing written" in text


def test_file_has_the_promised_keys(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "LATEST", tmp_path / "results" / "latest.json")

    write_latest([MISSED])

    (row,) = json.loads((tmp_path / "results" / "latest.json").read_text())
    assert set(row) == {
        "item", "scale", "rows", "seconds", "floor_seconds", "baseline_seconds", "vs_floor", "vs_baseline", "goal",
        "met", "peak_rss_mb", "note",
    }  # fmt: skip
    assert (row["vs_floor"], row["vs_baseline"]) == (4.0, 1.5)


def test_sides_take_turns_after_a_warm_up():
    acts: list[str] = []
    sides = [Side(name, lambda name=name: acts.append(name)) for name in ("a", "b")]  # type: ignore[misc]

    medians = interleave(sides, runs=2)

    assert acts == ["a", "b", "a", "b", "a", "b"]
    assert set(medians) == {"a", "b"}


def test_percentile_is_a_measured_value():
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert percentile([3.0, 1.0, 2.0], 0.0) == 1.0


def test_one_item_keeps_what_the_others_left(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "LATEST", tmp_path / "results" / "latest.json")
    write_latest([MISSED, MET])

    write_latest([Result("load", 1, 1000, 1.0)], keep_others=True)

    rows = json.loads((tmp_path / "results" / "latest.json").read_text())
    assert [(row["item"], row["seconds"]) for row in rows] == [("again", 0.004), ("load", 1.0)]
