"""What each item of a batch does to its record: which fields win by their clocks, and whether the record stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.sync.clocks import Clock
from accounts.sync.statements import DELETE
from advocacy.models import RecordKey
from advocacy.records.forms import STATE_PLACE, RecordForm
from advocacy.records.reading import Told
from clg.errors import FieldError


@dataclass(slots=True)
class Plan:
    """What an item does: the fields that win by their clocks, and whether the record stands afterwards."""

    form: RecordForm
    told: Told
    key: RecordKey
    row: Any
    was_deleted: bool
    content: dict[str, Any] = field(default_factory=dict)
    wins: set[str] = field(default_factory=set)
    applied: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    moves_state: bool = False

    @property
    def is_deleted(self) -> bool:
        return self.key.is_deleted

    @property
    def is_new(self) -> bool:
        return self.row is None and bool(self.content)

    @property
    def missing(self) -> list[FieldError]:
        """What a new record needs and nobody told."""
        if self.told.op == DELETE or self.row is not None:
            return []
        return [
            FieldError("required", "A new record needs this.", self.form.pointer_of(name))
            for name in self.form.required
            if self.content.get(name) is None
        ]

    @property
    def outcome(self) -> str:
        if self.told.op == DELETE:
            if self.moves_state and not self.was_deleted:
                return "deleted"
            return "unchanged" if self.was_deleted and self.moves_state else self._outcome_of_old_delete
        if self.is_new:
            return "stale" if self.is_deleted else "created"
        if self.was_deleted and not self.is_deleted:
            return "restored"
        if self.applied:
            return "updated"
        return "stale" if self.stale and not self.wins else "unchanged"

    @property
    def _outcome_of_old_delete(self) -> str:
        return "unchanged" if self.key.clocks and clock_at(self.key, STATE_PLACE) == self.told.clock else "stale"


def plan_of(
    form: RecordForm, told: Told, key: RecordKey, row: Any, held: Mapping[str, Any], columns: Mapping[str, Any]
) -> Plan:
    """Compare an item with its record: `held` is what the record says, `columns` what the item sets."""
    plan = Plan(form, told, key, row, was_deleted=key.is_deleted)
    for name, value in columns.items():
        _compare(plan, name, value, held.get(name))
    state, deletes = clock_at(key, STATE_PLACE), told.op == DELETE
    plan.moves_state = state is None or told.clock > state or (told.clock == state and deletes > key.is_deleted)
    if plan.moves_state:
        key.is_deleted = deletes
        _set_clock(plan, STATE_PLACE)
    if row is not None or columns:
        plan.content = {**held, **{name: columns[name] for name in plan.wins}}
    return plan


def _compare(plan: Plan, name: str, value: Any, held: Any) -> None:
    """A newer clock wins; at an equal one the greater value, so that order does not matter."""
    place = plan.form.places[name]
    clock, now = plan.told.clock, clock_at(plan.key, place)
    if now is not None and clock < now:
        plan.stale.add(name)
        return
    if now == clock and _canonical(value) <= _canonical(held):
        return
    plan.wins.add(name)
    _set_clock(plan, place)
    if plan.row is None or value != held:
        plan.applied.add(name)


def _set_clock(plan: Plan, place: int) -> None:
    clocks: list[int | None] = list(plan.key.clocks)
    clocks += [None] * (2 * (1 + max(plan.form.places.values())) - len(clocks))
    clocks[2 * place : 2 * place + 2] = plan.told.clock
    plan.key.clocks = clocks


def clock_at(key: RecordKey, place: int) -> Clock | None:
    high, low = key.clocks[2 * place : 2 * place + 2] or (None, None)
    return None if high is None or low is None else (high, low)


def _canonical(value: Any) -> bytes:
    """The text of a value for comparing two of one clock; what is cleared is lowest."""
    if value is None or value == "":
        return b""
    return (value.isoformat() if isinstance(value, dt.datetime) else str(value)).encode()
