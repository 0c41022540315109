"""What losers of a merge said after its clock, as items of their names: the winner's clocks decide over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from accounts.models import CrmSource, ExternalIdentity, OpportunityContact
from accounts.sync.clocks import Clock
from accounts.sync.objects import STATE_PLACE, SyncObject
from accounts.sync.parse import Item, Parser, RoleItem
from accounts.sync.statements import UPSERT
from accounts.sync.values import domain_of


@dataclass(frozen=True)
class Left:
    """What a loser said of itself: `row` as it was, the clocks of its fields; newer than `clock` goes to the winner.

    `name` leads to the winner by now.
    """

    name: str
    row: Model
    field_clocks: Sequence[int | None]
    related_names: Sequence[str | None]
    clock: Clock


def items_of(source: CrmSource, of: SyncObject, left: Sequence[Left], *, at: dt.datetime) -> list[Item]:
    """One item for each clock of each loser that is newer than the merge."""
    parser = Parser(of, source, at=at)
    return [item for each in left for item in _items(parser, of, each)]


def _items(parser: Parser, of: SyncObject, left: Left) -> Iterator[Item]:
    by_clock: dict[Clock, set[int]] = {}
    for place, clock in field_clocks_of(left.field_clocks):
        if clock > left.clock:
            by_clock.setdefault(clock, set()).add(place)
    relations = {relation.place for relation in of.relations}
    for clock, places in sorted(by_clock.items()):
        # A parent may close a circle now, which fails its item and must take nothing else along.
        for part in (places - relations, *({place} for place in sorted(places & relations))):
            if part:
                cells = _cells(parser, of, left, part)
                present = sum(1 << place for place in part)
                row = [left.name, UPSERT, *clock, present, "", *map(cells.get, parser.columns)]
                yield Item(0, left.name, UPSERT, row)


def _cells(parser: Parser, of: SyncObject, left: Left, places: set[int]) -> dict[str, Any]:
    """What the row holds at some places, as a parser would have put it."""
    row: Any = left.row
    cells = {each.name: getattr(row, each.target) for each in of.fields if each.place in places}
    sent = dict(zip(of.relations, left.related_names, strict=False))
    for relation in of.relations:
        key = getattr(row, f"{relation.name}_id")
        if relation.place in places and key is not None:
            cells[f"{relation.name}_ref"] = sent.get(relation) or _name(parser.source, relation.to, key)
    if cells.get("website") and "domain" not in cells:
        cells["domain"] = domain_of(cells["website"])
    if of.roles_place in places:
        parser.put_roles(_roles(parser.source, row), cells)
    return cells


def _name(source: CrmSource, kind: str, key: int) -> str | None:
    """The source's first name of a row."""
    names = ExternalIdentity.objects.filter(source=source, **{kind: key}).order_by("external_id")
    return names.values_list("external_id", flat=True).first()


def _roles(source: CrmSource, deal: Any) -> list[RoleItem]:
    roles = OpportunityContact.objects.filter(opportunity=deal)
    named = [(role, _name(source, "contact", role.contact_id)) for role in roles]
    return [RoleItem(name, role.role, role.is_primary) for role, name in named if name]


def field_clocks_of(clocks: Sequence[int | None]) -> Iterator[tuple[int, Clock]]:
    """(place, clock) of every field that was ever set, existence left out."""
    for place in range(STATE_PLACE + 1, len(clocks) // 2):
        high, low = clocks[2 * place], clocks[2 * place + 1]
        if high is not None and low is not None:
            yield place, (high, low)
