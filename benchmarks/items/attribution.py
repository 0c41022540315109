"""Attribution: a full run, runs after changes, how both grow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from django.utils import timezone

from advocacy.actions.attribution import continue_run, start_run
from advocacy.choices import RunKind
from benchmarks.data import Sizes, fill
from benchmarks.naive.attribution import attribute_by_loop
from benchmarks.naive.polars import attribute_by_polars
from benchmarks.result import Result, exponent
from benchmarks.server import Server
from benchmarks.tables import Copied, execute, number, scan_and_copy, without_triggers
from benchmarks.timing import Side, interleave, once, peak_rss_mb

INPUTS: Final = ("advocacy_opportunityfact", "advocacy_touch", "accounts_opportunitystage", "accounts_exchangerate")
LEDGER: Final = ("advocacy_credit", "advocacy_creditset", "advocacy_credithead")
WRITTEN: Final = (*LEDGER, "advocacy_attributionrunrange", "advocacy_attributionrun", "clg_outboxevent")
COPIED: Final = (*LEDGER, "clg_outboxevent")  # events are written too, up to so many heads a run
SHARES: Final = (("1 %", 100, 30), ("0.1 %", 1000, 150))  # label, each so many deals, part of a full run
SAMPLE: Final = 2000  # deals for the loop: more would only take longer
RUNS: Final = 5
SLOW_RUNS: Final = 3  # of whatever takes longer than SLOW_SECONDS: the item must leave time for the others
SLOW_SECONDS: Final = 12


def measure(server: Server, scale: float) -> Iterator[Result]:
    """Full run against floor, loop and polars; then 1 % and 0.1 % changed; then the same on less data."""
    at = timezone.now()
    with server.database("bench_attribution"):
        fill(Sizes.of_attribution(scale, at))
        full, polars = _full(scale, at)
        yield full
        yield polars
        few = list(_changed(scale, at, full.seconds))
        yield from few
    with server.database("bench_attribution_half"):
        fill(Sizes.of_attribution(scale / 2, at))
        run_attribution(RunKind.FULL, at)
        yield from _doubled(scale, at, few)
    with server.database("bench_attribution_tenth"):
        fill(Sizes.of_attribution(scale / 10, at))
        yield _tenth(scale, at, full.seconds)


def _full(scale: float, at: dt.datetime) -> tuple[Result, Result]:
    first = once(lambda: run_attribution(RunKind.FULL, at))
    memory = peak_rss_mb()  # before the other sides take theirs
    copied = Copied(COPIED)
    copied.take()
    loop = once(lambda: attribute_by_loop(SAMPLE, at))
    ours = Side("ours", lambda: run_attribution(RunKind.FULL, at), reset=forget_credit)
    floor = Side("floor", lambda: scan_and_copy(INPUTS, copied), reset=copied.empty)
    polars = Side("polars", lambda: attribute_by_polars(at), reset=forget_credit)
    runs = SLOW_RUNS if first > SLOW_SECONDS else RUNS
    medians = interleave([floor, polars, ours], runs=runs, warm_up=False)
    deals = number("SELECT count(*) FROM accounts_opportunity")
    by_loop = loop / min(SAMPLE, deals) * deals
    result = Result(
        item="attribution, full run, 5 models",
        scale=scale,
        rows=number("SELECT count(*) FROM advocacy_touch"),
        seconds=medians["ours"],
        floor_seconds=medians["floor"],
        baseline_seconds=by_loop,
        goal="<= 3x floor, >= 100x the loop",
        peak_rss_mb=memory,
        note=f"{deals:,} deals, {number('SELECT count(*) FROM advocacy_credit'):,} lines; floor: scan + COPY by one"
        " session of lines, sets, heads and events into tables with the same indexes; loop measured on"
        f" {min(SAMPLE, deals):,} deals; the floor itself is {by_loop / medians['floor']:.0f}x the loop; MB: of the"
        " worker after a full run",
    )
    beside = replace(
        result,
        item="attribution, full run, beside polars",
        floor_seconds=None,
        baseline_seconds=medians["polars"],
        goal="not slower than polars",
        note="polars reads, divides and writes back through the same guards, in one process; it matches nothing, keeps"
        " no refusals and no events, and its decay is floating point",
    )
    met = bool(result.vs_floor and result.vs_floor <= 3 and (result.vs_baseline or 0) >= 100)
    return replace(result, met=met), replace(beside, met=(beside.vs_baseline or 0) >= 1)


def _changed(scale: float, at: dt.datetime, full_seconds: float) -> Iterator[Result]:
    for label, every, goal in SHARES:
        seconds, deals = _changes(at, every)
        yield Result(
            item=f"attribution, {label} of deals changed",
            scale=scale,
            rows=deals,
            seconds=seconds,
            baseline_seconds=full_seconds,
            goal=f"<= 1/{goal} of the full run",
            met=full_seconds / seconds >= goal,
            note="baseline: the full run of this table",
        )


def _changes(at: dt.datetime, every: int) -> tuple[float, int]:
    """Median seconds of a changes run after each `every`th deal got another amount, and how many those are."""
    rounds = iter(range(RUNS + 1))
    side = Side(
        "changes", lambda: run_attribution(RunKind.CHANGES, at), reset=lambda: _change_amounts(every, next(rounds))
    )
    seconds = interleave([side], runs=RUNS)["changes"]
    return seconds, number("SELECT count(*) FROM accounts_opportunity WHERE id %% %s = 0", [every])


def _change_amounts(every: int, turn: int) -> None:
    execute(
        "UPDATE accounts_opportunity SET amount = amount + 1 WHERE id %% %(every)s = %(turn)s",
        {"every": every, "turn": turn},
    )


def _doubled(scale: float, at: dt.datetime, on_all: Sequence[Result]) -> Iterator[Result]:
    """The same number of changed deals on half of the data: what did not change must not cost."""
    for (label, every, _), whole in zip(SHARES, on_all, strict=True):
        seconds, deals = _changes(at, every // 2)
        yield Result(
            item=f"attribution, as many as {label} on half the data",
            scale=scale / 2,
            rows=deals,
            seconds=seconds,
            baseline_seconds=whole.seconds,
            goal=f"the same as {label} of all, +-20 %",
            met=1 / 1.2 <= whole.seconds / seconds <= 1.2,
            note="baseline: the row of all data, where the unchanged part is twice as large",
        )


def _tenth(scale: float, at: dt.datetime, full_seconds: float) -> Result:
    side = Side("full", lambda: run_attribution(RunKind.FULL, at), reset=forget_credit)
    seconds = interleave([side], runs=SLOW_RUNS)["full"]
    return Result(
        item="attribution, full run at a tenth",
        scale=scale / 10,
        rows=number("SELECT count(*) FROM advocacy_touch"),
        seconds=seconds,
        note=f"cost grows with rows to the power {exponent(seconds, full_seconds, 10):.2f}",
    )


def run_attribution(kind: RunKind, at: dt.datetime) -> None:
    run = start_run(kind=kind, at=at, by="bench")
    assert run is not None
    done = continue_run(run=run, at=at)
    assert done.status == "completed", done.error


def forget_credit() -> None:
    """An empty ledger again; only a superuser past all guards can do this."""
    with without_triggers():
        execute("TRUNCATE " + ", ".join(WRITTEN) + " CASCADE")
