"""Hypothesis strategies: rules and cases that meet every family, flag, refusal and tie."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from advocacy.attribution.rules import PRESETS, RUNGS, Rule
from advocacy.attribution.twin import Case, Touch

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ACTIVITY_KINDS = ("reference_call", "case_study", "logo")
CURRENCIES = ("USD", "EUR", "JPY", "KWD", "CLF", "XQQ", "")

# Few different moments, so that ties and edges are common; the odd ones carry microseconds.
moments = st.builds(
    lambda days, seconds, micros: START + dt.timedelta(days=days, seconds=seconds, microseconds=micros),
    st.integers(-40, 60),
    st.sampled_from([0, 0, 1, 86399]),
    st.sampled_from([0, 0, 0, 1, 250_000, 999_999]),
)


def named_weights(names: list[str], cuts: list[int]) -> dict[str, object]:
    """Positions and a middle whose weights sum to exactly one million millionths."""
    edges = [0, *sorted(cuts)[: len(names)], 1_000_000]
    parts = [str(Decimal(b - a) / 1_000_000) for a, b in zip(edges, edges[1:], strict=False)]
    return {"weights": dict(zip(names, parts, strict=False)), "middle": parts[len(names)]}


position_names = st.lists(
    st.sampled_from(["first", "last", "lead", "opened", "closed", "stage:demo", "stage:won"]),
    unique=True,
    max_size=5,
)
cuts = st.lists(st.sampled_from([0, 1, 250_000, 500_000, 999_999, 1_000_000]), min_size=5, max_size=5)

families: st.SearchStrategy[Any] = st.one_of(
    st.tuples(st.just("positions"), st.sampled_from(sorted(PRESETS)).map(lambda name: {"preset": name})),
    st.tuples(st.just("positions"), st.builds(named_weights, position_names, cuts)),
    st.tuples(st.just("last_non"), st.sets(st.sampled_from(ACTIVITY_KINDS)).map(lambda k: {"exclude": sorted(k)})),
    st.tuples(st.just("time_decay"), st.sampled_from([1, 7, 720, 17_520]).map(lambda h: {"half_life_hours": h})),
    st.tuples(st.just("reported"), st.just({})),
)


def usually(common: Any, *rare: Any) -> st.SearchStrategy[Any]:
    """The common value five times in six: enough refusals to see them all, enough touches left to credit."""
    return st.sampled_from([common] * (5 * len(rare)) + list(rare))


def some(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """Mostly all of them, else all but one."""
    return usually(values, *(tuple(other for other in values if other != value) for value in values))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    family, parameters = draw(families)
    return Rule(
        family=family,
        parameters=parameters,
        question=draw(usually("influenced", "sourced")),
        anchor=draw(usually("closed", "opened", "stage:demo")),
        window_days=draw(usually(730, 1, 30)),
        dedupe=draw(st.sampled_from(["none", "collapse", "first", "last"])),
        rungs=draw(some(tuple(RUNGS))),
        sides=draw(some(("own", "family", "peer"))),
        opportunity_kinds=draw(some(("new_business", "expansion", "renewal"))),
        activity_kinds=draw(st.one_of(st.none(), some(ACTIVITY_KINDS))),
        use_hint=draw(st.booleans()) and family != "reported",
        is_retired=draw(usually(False, False, True)),
    )


@st.composite
def touches(draw: st.DrawFn, touch_id: int) -> Touch:
    return Touch(
        touch_id=touch_id,
        encounter_id=draw(st.sampled_from([touch_id, 100 - touch_id])),
        activity_id=draw(st.integers(1, 4)),
        occurred_at=draw(moments),
        activity_kind=draw(st.sampled_from(ACTIVITY_KINDS)),
        champion_id=draw(st.integers(1, 3)),
        role=draw(st.sampled_from(["influenced", "sourced", "sourced"])),
        rung=draw(st.sampled_from([1, 1, 2, 3, 4, 5, 6])),
        side=draw(st.sampled_from(["peer", "peer", "family", "own"])),
        hint_milli=draw(st.sampled_from([1000, 1000, 1, 333, 10_000])),
        void_reason=draw(usually("", "withdrawn", "duplicate_activity")),
    )


amounts = st.one_of(
    st.none(),
    st.sampled_from(["0", "0.01", "999.99", "-100.00", "12345678901234.567891", "-0.005", "100003"]),
    st.integers(-(10**9), 10**9).map(lambda minor: str(Decimal(minor) / 100)),
).map(lambda amount: None if amount is None else Decimal(amount))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    outcome = draw(st.sampled_from(["open", "won", "won", "won", "lost"]))
    rate = draw(usually(Decimal("1.0850000000"), Decimal("0.0061375"), None))
    count = draw(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8]))
    return Case(
        as_of=START + dt.timedelta(days=draw(usually(70, 0, 30))),
        opened_at=draw(moments),
        reporting_currency=draw(usually("USD", "JPY", "KWD")),
        amount=draw(amounts),
        currency=draw(st.sampled_from(CURRENCIES)),
        kind=draw(usually("new_business", "expansion", "renewal", "")),
        outcome=outcome,
        lead_at=draw(st.one_of(st.none(), moments)),
        closed_at=None if outcome == "open" else draw(st.one_of(moments, st.just(START + 60 * DAY))),
        opened_is_estimated=draw(st.booleans()),
        closed_is_estimated=draw(st.booleans()),
        is_deleted=draw(usually(False, False, True)),
        restart_at=draw(usually(None, START, START + DAY)),
        rate=rate,
        rate_on=None if rate is None else dt.date(2026, 1, 1),
        stages=draw(st.fixed_dictionaries({"demo": moments}, optional={"won": moments})),
        report_degree_bp=draw(usually(6000, 0, 1, 10_000, None)),
        report_shares_bp=draw(st.sampled_from([{1: 10_000}, {1: 7000, 2: 3000}, {3: 1, 2: 9999}])),
        touches=tuple(draw(touches(number)) for number in range(1, count + 1)),
    )


pairs = st.lists(st.tuples(rules(), cases()), min_size=25, max_size=25)
