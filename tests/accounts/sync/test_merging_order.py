"""Writes and merges in any order, any number of times, end in one state; counts are kept and every name leads home."""

from __future__ import annotations

import datetime as dt
import os
import random
from itertools import permutations
from typing import Any, Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from accounts.actions.merge import merge_named, undo_merge
from accounts.errors import UnknownWinner
from accounts.models import ExternalIdentity, MergeEvent
from accounts.sync.clocks import clock_of_moment
from accounts.sync.engine import upsert
from accounts.sync.objects import BY_TYPE, ObjectType
from accounts.sync.orders import MergeOrder
from clg.invariants import look_at_all
from tests.accounts.sync.twin import plain, random_item
from tests.factories.accounts import SourceFactory, UserFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
KINDS = ["account", "contact", "opportunity"]
# Each example tells all its steps twice; the nightly run takes 500 of up to 50 steps.
EXAMPLES: Final = int(os.environ.get("MERGE_ORDER_EXAMPLES", "20"))
UNDO_EXAMPLES: Final = int(os.environ.get("MERGE_UNDO_EXAMPLES", "12"))
STEPS: Final = 12
seeds = st.integers(0, 1 << 32)


def random_write(chance):
    kind = chance.choice(KINDS)
    item = random_item(chance, kind, ops=["upsert", "upsert", "upsert", "delete", "restore"])
    # Of two roles that become one person's the first name stays, and names change hands; circles depend on order.
    item["relations"].pop("contacts", None)
    item["relations"].pop("parent", None)
    return kind, item


def random_merge(chance, losers):
    """A name is merged away once, into a lower one: a graph without circles."""
    kind = chance.choice(KINDS)
    free = [n for n in range(1, 8) if (kind, n) not in losers]
    if not free:
        return None
    loser = chance.choice(free)
    losers.add((kind, loser))
    return kind, f"{kind[0]}{chance.randrange(loser)}", f"{kind[0]}{loser}", chance.randrange(12)


def tell(source, step):
    """Send a write, or a merge; False when its winner is not known yet."""
    if len(step) == 2:
        upsert(source=source, of=BY_TYPE[ObjectType(step[0])], raw_items=[step[1]], at=AT)
        return True
    kind, winner, loser, second, *by_delete = step
    if by_delete == [True]:
        return _deleted_into(source, *step[:4])
    clock = clock_of_moment(dt.datetime(2026, 1, 1, 0, 0, second, tzinfo=dt.UTC), at=AT)
    order = MergeOrder(winner, [loser], clock)
    try:
        merge_named(source=source, of=BY_TYPE[ObjectType(kind)], order=order, at=AT)
    except UnknownWinner:
        return False
    return True


def _deleted_into(source, kind, winner, loser, second):
    moment = f"2026-01-01T00:00:{second:02d}Z"
    item = {"external_id": loser, "op": "delete", "source_updated_at": moment, "merged_into_external_id": winner}
    [result] = upsert(source=source, of=BY_TYPE[ObjectType(kind)], raw_items=[item], at=AT)
    return [error.code for error in result.errors] != [UnknownWinner.code]


def tell_all(source, steps):
    """All steps in order; a merge that came too early is told again after all others, as a client does."""
    while early := [step for step in steps if not tell(source, step)]:
        if len(early) == len(steps):
            return
        steps = early


def standing(source):
    """Of every name: the first name of the row that it leads to, and what the row says."""
    names = ExternalIdentity.objects.filter(source=source).select_related(*KINDS, *(f"canonical__{k}" for k in KINDS))
    roots = {name.external_id: name.canonical or name for name in names}
    own = {(i.object_type, getattr(i, f"{i.object_type}_id")): i.external_id for i in roots.values()}
    return {name: (root.external_id, root.state, _said(root, own)) for name, root in roots.items()}


def _said(root, own):
    row = getattr(root, root.object_type)
    if row is None:
        return None
    of = BY_TYPE[ObjectType(root.object_type)]
    said = {field.name: plain(getattr(row, field.target)) for field in of.fields}
    for relation in of.relations:
        key = getattr(row, f"{relation.name}_id")
        said[relation.name] = key and own[relation.to.value, key]
    return said | {"is_deleted": row.is_deleted, "clocks": _clocks(root)}


def _clocks(root):
    clocks = list(root.field_clocks or [])
    while clocks and clocks[-1] is None:
        clocks.pop()
    return clocks


class Told(RuleBasedStateMachine):
    """What a source tells, writes and merges, step by step; at the end another source tells it in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Any] = []
        self.losers: set[tuple[str, int]] = set()

    @rule(seed=seeds)
    def write(self, seed: int) -> None:
        """An upsert, a partial one, a delete or a restore, of a name that may be merged away."""
        self.steps.append(random_write(random.Random(seed)))

    @rule(seed=seeds, by_delete=st.booleans())
    def merge(self, seed: int, by_delete: bool) -> None:
        """By the door of merges, or by a delete that names its winner."""
        if (step := random_merge(random.Random(seed), self.losers)) is not None:
            self.steps.append((*step, by_delete))

    def teardown(self) -> None:
        chance = random.Random(len(self.steps))
        shuffled = [*self.steps, *chance.choices(self.steps, k=len(self.steps) // 3)] if self.steps else []
        chance.shuffle(shuffled)
        _compare(self.steps, shuffled)


def test_any_order_of_writes_and_merges_ends_in_one_state(db):
    _run(examples=EXAMPLES, steps=STEPS)


@pytest.mark.nightly
def test_any_order_of_many_writes_and_merges_ends_in_one_state(db):
    _run(examples=500, steps=50)


def _run(*, examples, steps):
    checks = list(HealthCheck)
    chosen = settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(Told, settings=chosen)


def _compare(steps, shuffled):
    with transaction.atomic():
        first, second = SourceFactory(), SourceFactory()
        tell_all(first, steps)
        tell_all(second, shuffled)
        stood = standing(first), standing(second)
        report = look_at_all(at=AT, only=["I4"])
        transaction.set_rollback(True)
    assert stood[0] == stood[1]
    assert report["ok"], report


def belonging(name, account):
    kind = {"c": "contact", "o": "opportunity"}[name[0]]
    item = {"external_id": name, "source_updated_at": "2026-01-01T00:00:11Z", "fields": {}}
    return kind, {**item, "relations": {"account": {"external_id": account}}}


A7_INTO_A3 = ("account", "a3", "a7", 8)
BEFORE_OR_AFTER = {
    "of two names the merged one is greater": [belonging("o2", "a7"), belonging("o2", "a4")],
    "two names become one row": [belonging("o2", account) for account in ("a7", "a3", "a4")],
    "a loser names a loser": [
        belonging("c4", "a7"),
        belonging("c1", "a4"),
        ("contact", "c1", "c4", 2),
    ],
}


@pytest.mark.parametrize("steps", BEFORE_OR_AFTER.values(), ids=BEFORE_OR_AFTER)
def test_of_relations_of_one_clock_the_greater_name_as_sent_wins_whatever_merged_meanwhile(db, steps):
    steps = [*steps, A7_INTO_A3]
    ends = [_end_of([("account", account_named("a3")), *order]) for order in permutations(steps)]

    assert [end for end in ends if end != ends[0]] == []
    assert {said["account"] for _, _, said in ends[0].values() if said and "account" in said} == {"a3"}


def account_named(name):
    return {"external_id": name, "source_updated_at": "2026-01-01T00:00:03Z", "fields": {}, "relations": {}}


def _end_of(steps):
    with transaction.atomic():
        source = SourceFactory()
        tell_all(source, steps)
        end = standing(source)
        transaction.set_rollback(True)
    return end


def rows_of(source):
    """Every row of every name, with what it says, and every identity; versions and moments of arrival left out."""
    dull = {"version", "received_at"}
    rows = [row for kind in KINDS for row in BY_TYPE[ObjectType(kind)].model._default_manager.order_by("pk").values()]
    rows += ExternalIdentity.objects.filter(source=source).order_by("pk").values()
    return [{name: value for name, value in row.items() if name not in dull} for row in rows]


@settings(
    max_examples=int(os.environ.get("MERGE_UNDO_EXAMPLES", "12")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 1 << 32))
def test_merges_undone_from_the_last_leave_no_trace(db, seed):
    chance = random.Random(seed)
    losers: set[tuple[str, int]] = set()
    with transaction.atomic():
        source, by = SourceFactory(), UserFactory()
        for number in range(8):
            for kind in KINDS:
                item = random_item(chance, kind, ops=["upsert"])
                tell(source, (kind, {**item, "external_id": f"{kind[0]}{number}"}))
        before = rows_of(source)
        for _ in range(6):
            if (step := random_merge(chance, losers)) is not None:
                tell(source, step)
        for event in MergeEvent.objects.order_by("-pk"):
            assert undo_merge(event=event, by=by, at=AT)
        after, kept = rows_of(source), [event.kept for event in MergeEvent.objects.all()]
        transaction.set_rollback(True)
    # A deal's roles come back, a winner that had to be cut loose from its loser is tied again.
    assert [(k, a[k], b[k]) for a, b in zip(after, before, strict=True) for k in a if a[k] != b[k]] == []
    assert kept == [{}] * len(kept)
