"""Readiness: the whole pool, and what 500 new signals cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.utils import timezone

from advocacy.actions.readiness import score_readiness
from benchmarks.data import Sizes, fill
from benchmarks.naive.readiness import score_by_loop
from benchmarks.result import Result, exponent
from benchmarks.server import Server
from benchmarks.tables import Copied, execute, number, scan_and_copy, without_triggers
from benchmarks.timing import Side, interleave, once, peak_rss_mb

INPUTS: Final = ("accounts_signal", "advocacy_champion", "accounts_account")
WRITTEN: Final = ("advocacy_readiness", "advocacy_readinesschange", "clg_outboxevent")
SAMPLE: Final = 2000
NEW_SIGNALS: Final = 500
RUNS: Final = 5
SLOW_RUNS: Final = 3
SLOW_SECONDS: Final = 12


def measure(server: Server, scale: float) -> Iterator[Result]:
    at = timezone.now()
    with server.database("bench_readiness"):
        fill(Sizes.of_readiness(scale, at))
        full = _full(scale, at)
        yield full
        yield _few(scale, at, full.seconds)
    with server.database("bench_readiness_tenth"):
        fill(Sizes.of_readiness(scale / 10, at))
        seconds = interleave([Side("full", lambda: _score_all(at), reset=forget_scores)], runs=SLOW_RUNS)["full"]
        yield Result(
            item="readiness, full at a tenth",
            scale=scale / 10,
            rows=number("SELECT count(*) FROM accounts_signal"),
            seconds=seconds,
            note=f"cost grows with rows to the power {exponent(seconds, full.seconds, 10):.2f}",
        )


def _full(scale: float, at: dt.datetime) -> Result:
    first = once(lambda: _score_all(at))
    copied = Copied(WRITTEN)
    copied.take()
    loop = once(lambda: score_by_loop(SAMPLE, at))
    ours = Side("ours", lambda: _score_all(at), reset=forget_scores)
    floor = Side("floor", lambda: scan_and_copy(INPUTS, copied), reset=copied.empty)
    medians = interleave([floor, ours], runs=SLOW_RUNS if first > SLOW_SECONDS else RUNS, warm_up=False)
    champions = number("SELECT count(*) FROM advocacy_champion")
    result = Result(
        item="readiness, full",
        scale=scale,
        rows=number("SELECT count(*) FROM accounts_signal"),
        seconds=medians["ours"],
        floor_seconds=medians["floor"],
        baseline_seconds=loop / min(SAMPLE, champions) * champions,
        goal="<= 5x floor, >= 300x the loop",
        peak_rss_mb=peak_rss_mb(),
        note=f"{champions:,} champions; floor: scan + COPY of scores, history and events into tables with the same"
        f" indexes; loop measured on {min(SAMPLE, champions):,} champions; the floor itself is"
        f" {loop / min(SAMPLE, champions) * champions / medians['floor']:.0f}x the loop",
    )
    met = (result.vs_floor or 9e9) <= 5 and (result.vs_baseline or 0) >= 300
    return Result(**{**result.__dict__, "met": met})


def _few(scale: float, at: dt.datetime, full_seconds: float) -> Result:
    # 500 of 100,000 champions: at another scale as large a share of the pool.
    count = max(1, round(NEW_SIGNALS * scale))
    turns = iter(range(RUNS + 1))
    # The marks are due at the moment of writing, which is later than `at`.
    side = Side("few", lambda: score_readiness(at=timezone.now()), reset=lambda: _observe(count, next(turns), at))
    seconds = interleave([side], runs=RUNS)["few"]
    return Result(
        item=f"readiness, after {count} signals",
        scale=scale,
        rows=count,
        seconds=seconds,
        baseline_seconds=full_seconds,
        goal="<= 1/50 of full",
        met=full_seconds / seconds >= 50,
        note="baseline: the full scoring of this table",
    )


def _score_all(at: dt.datetime) -> None:
    score_readiness(at=at, everybody=True)


def _observe(count: int, turn: int, at: dt.datetime) -> None:
    """New answers of people spread over the pool; the trigger marks them as it would for any source."""
    execute(
        """
        INSERT INTO accounts_signal (kind, account_id, contact_id, raw, value, observed_at, source, external_id)
        SELECT 'nps', account_id, contact_id, 9, 90, %(at)s::timestamptz - interval '1 day', 'bench', ''
        FROM (SELECT *, row_number() OVER (ORDER BY unit(id, %(turn)s)) AS place FROM advocacy_champion) c
        WHERE place <= %(count)s
        """,
        {"turn": turn + 61, "at": at, "count": count},
    )


def forget_scores() -> None:
    """Nobody scored yet; only a superuser past all guards can do this."""
    with without_triggers():
        execute("TRUNCATE " + ", ".join(WRITTEN) + ", advocacy_readinessdirty CASCADE")
