"""The rows that items of a batch name: looked up all at once, incomplete ones made where children may come first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.models import CrmSource, MergeEvent
from accounts.sync.naming import place_named, rows_named
from accounts.sync.objects import SyncObject
from advocacy.models import Activity
from advocacy.records.forms import PLACED_IN_ORDER, RecordForm, RecordRelation
from advocacy.records.reading import Named, Told
from clg.errors import FieldError


def columns_of(
    items: Sequence[Told], *, form: RecordForm, source: CrmSource, at: datetime
) -> tuple[dict[int, dict[str, Any]], dict[int, list[FieldError]]]:
    """Line -> what the item sets, and line -> the relations that name no row.

    Relations are keys; a repeated act that comes in this very batch stays a name.
    """
    found = {each.name: _rows_named(items, each, source, at) for each in _in_order(form)}
    in_batch = {told.external_id for told in items}
    problems: dict[int, list[FieldError]] = {}
    columns: dict[int, dict[str, Any]] = {}
    for told in items:
        columns[told.line] = {
            name: form.empty.get(name) if value is None else value for name, value in told.values.items()
        }
        for name, named in told.relations.items():
            key = None if named is None else found[name].get(named)
            if name == "duplicate_of" and key is None and named in in_batch:
                columns[told.line][name] = named
            elif named is not None and key is None:
                unknown = FieldError("unknown_relation", "No such row.", form.pointer_of(name))
                problems.setdefault(told.line, []).append(unknown)
            else:
                columns[told.line][name] = key
    return columns, problems


def _in_order(form: RecordForm) -> list[RecordRelation]:
    """The relations in the order in which rows are locked everywhere."""
    return sorted(form.relations, key=lambda each: PLACED_IN_ORDER.index(each.of.object_type) if each.of else -1)


def _rows_named(items: Sequence[Told], relation: RecordRelation, source: CrmSource, at: datetime) -> dict[Named, int]:
    wanted = {named for told in items if (named := told.relations.get(relation.name)) is not None}
    names = sorted(name for name in wanted if isinstance(name, str))
    ours = [name for name in wanted if isinstance(name, uuid.UUID)]
    found: dict[Named, int] = {}
    if names:
        found.update(_by_their_ids(relation, names, source, at).items())
    if ours:
        found.update(_by_our_ids(relation.of, ours).items())
    return found


def _by_their_ids(relation: RecordRelation, names: list[str], source: CrmSource, at: datetime) -> dict[str, int]:
    if relation.of is None:
        acts = Activity.objects.filter(source=f"crm:{source.slug}", source_ref__in=names)
        return dict(acts.values_list("source_ref", "pk"))
    if relation.is_placed:
        return place_named(source=source, of=relation.of, names=names, at=at)
    return rows_named(source=source, of=relation.of, names=names)


def _by_our_ids(of: SyncObject | None, ours: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """By our own ids; of what was merged away the winner."""
    model: Any = of.model if of else Activity
    found: dict[uuid.UUID, int] = dict(model._default_manager.filter(public_id__in=ours).values_list("public_id", "pk"))
    if of is None:
        return found
    heirs = MergeEvent.objects.heirs_of(**{of.noun: found.values()})[of.noun]
    return {name: heirs.get(key, key) for name, key in found.items()}
