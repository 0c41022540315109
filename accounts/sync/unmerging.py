"""Undoing a merge: names, pointers and rows go back to what the manifest tells, as far as nobody changed them since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from accounts.choices import IdentityState, ObjectType
from accounts.models import ExternalIdentity, MergeEvent
from accounts.sync.joining import IDENTITY_COLUMNS, announce, log_merge
from accounts.sync.keys import move_keys_back
from accounts.sync.left import field_clocks_of
from accounts.sync.locks import lock_merges
from accounts.sync.objects import BY_TYPE, SyncObject
from clg.errors import Conflict

UNDO_DAYS: Final = 30


class MergeTooOld(Conflict):
    """The 30 days in which a merge can be undone are over."""

    code = "merge_too_old"

    def __init__(self) -> None:
        super().__init__(f"A merge can be undone for {UNDO_DAYS} days; this one is older.")


class MergedSince(Conflict):
    """A later merge builds on this one."""

    code = "merged_since"

    def __init__(self) -> None:
        super().__init__("A later merge builds on this one. Undo that one first.")


def undo(*, event: MergeEvent, at: dt.datetime, by: str) -> bool:
    """Undo a standing merge; False when it was undone before. Raises `MergeTooOld`, `MergedSince`."""
    lock_merges()
    event.refresh_from_db()
    if event.undone_at is not None:
        return False
    if at - event.created_at > dt.timedelta(days=UNDO_DAYS):
        raise MergeTooOld
    _refuse_when_built_upon(event)
    of = BY_TYPE[ObjectType(event.object_type)]
    pairs = dict.fromkeys(event.loser_ids, event.winner_id)
    # The other way round than the merge: first what it wrote last.
    fields = _take_values_back(of, event)
    kept = move_keys_back(of, pairs, event.manifest["keys"], at)
    _give_names_back(of, event)
    _show_losers(of, event)
    announce(of, event.winner_id, "updated", fields)
    event.undone_at, event.undone_by, event.kept = at, by, kept
    event.save(update_fields=["undone_at", "undone_by", "kept"])
    log_merge("merge_undone", event, of)
    return True


def _refuse_when_built_upon(event: MergeEvent) -> None:
    """A later merge took the winner, or touched a name that this one touched."""
    mine = {*event.manifest["identities"], *map(str, event.manifest["made"])}
    later = MergeEvent.objects.standing().filter(object_type=event.object_type, pk__gt=event.pk)
    if later.that_took(event.object_type, event.winner_id).exists():
        raise MergedSince
    for other in later.filter(Q(winner_id=event.winner_id) | Q(source=event.source)).only("manifest"):
        if mine & {*other.manifest["identities"], *map(str, other.manifest["made"])}:
            raise MergedSince


def _take_values_back(of: SyncObject, event: MergeEvent) -> list[str]:
    """Fields of the winner that the merge filled and nobody wrote since are what they were; their names."""
    values = event.manifest["values"]
    if not values:
        return []
    identity = ExternalIdentity.objects.get(pk=values["identity"])
    now, after = dict(field_clocks_of(identity.field_clocks or [])), dict(field_clocks_of(values["after"] or []))
    taken = {place for name, place in of.named_places if name in values["fields"]}
    places = {place for place in taken if now.get(place) == after.get(place)}
    columns = _columns(of, places)
    if columns:
        _restore_columns(of, event.winner_id, values["history"], columns)
    return sorted(name for name, place in of.named_places if place in places)


def _columns(of: SyncObject, places: set[int]) -> list[str]:
    names = [each.target for each in of.fields if each.place in places]
    names += [f"{each.name}_id" for each in of.relations if each.place in places]
    names += [each.column for each in of.followers if of.by_name[each.follows].target in names]
    return [*names, *(["domain"] if "website" in names and "domain" not in names else [])]


def _restore_columns(of: SyncObject, key: int, history: int, columns: list[str]) -> None:
    """From the winner's own history, so that a manifest holds no values."""
    table, assigned = of.model._meta.db_table, ", ".join(f"{name} = h.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} o SET {assigned} FROM {table}history h WHERE o.id = %s AND h.pgh_id = %s",  # noqa: S608 - names are ours
            [key, history],
        )


def _give_names_back(of: SyncObject, event: MergeEvent) -> None:
    """Names get back their rows, states and clocks; aliases that the merge made are unknown again."""
    made, link = event.manifest["made"], f"{of.noun}_id"
    before = {int(pk): was for pk, was in event.manifest["identities"].items() if int(pk) not in made}
    rows = ExternalIdentity.objects.exclude(state=IdentityState.SUPPRESSED).in_bulk(before)
    for identity in rows.values():
        _restore(identity, before[identity.pk], link)
    _take_clocks_back(of, event)
    ExternalIdentity.objects.bulk_update(rows.values(), [*IDENTITY_COLUMNS, link])
    ExternalIdentity.objects.filter(pk__in=made).delete()


def _restore(identity: ExternalIdentity, was: Mapping[str, Any], link: str) -> None:
    for name in (*IDENTITY_COLUMNS, link):
        # Manifests of before a column came do not know it.
        setattr(identity, name, was.get(name, getattr(identity, name)))


def _take_clocks_back(of: SyncObject, event: MergeEvent) -> None:
    """The winner's clocks of values that were taken back are those of before; where it was written since, the newer."""
    values = event.manifest["values"]
    identity = values and ExternalIdentity.objects.filter(pk=values["identity"]).first()
    if not identity:
        return
    now, after, before = identity.field_clocks or [], values["after"] or [], values["before"] or []
    clocks = [
        (before[n] if n < len(before) else None) if n < len(after) and after[n] == clock else clock
        for n, clock in enumerate(now)
    ]
    if all(clock is None for clock in clocks):
        # A name that never said anything has no clocks at all, as before the merge.
        ExternalIdentity.objects.filter(pk=identity.pk).update(field_clocks=None, related_names=None, clock=None)
        return
    newest = max(zip(clocks[::2], clocks[1::2], strict=True), key=lambda pair: (pair[0] is not None, pair))
    ExternalIdentity.objects.filter(pk=identity.pk).update(
        field_clocks=clocks, related_names=_names_back(of, identity, values), clock=list(newest)
    )


def _names_back(of: SyncObject, identity: ExternalIdentity, values: Mapping[str, Any]) -> list[str | None] | None:
    """What was sent for relations before the merge, where nothing was sent since."""
    now, after = dict(field_clocks_of(identity.field_clocks or [])), dict(field_clocks_of(values["after"] or []))
    before = values.get("names") or [None] * len(of.relations)
    names = [
        was if now.get(relation.place) == after.get(relation.place) else name
        for relation, name, was in zip(of.relations, identity.related_names or before, before, strict=True)
    ]
    return names if any(names) or values.get("names") is not None else None


def _show_losers(of: SyncObject, event: MergeEvent) -> None:
    rows = of.model._default_manager.filter(pk__in=event.loser_ids)
    rows.filter(pk__in=event.manifest["live"]).update(deleted_at=None)
    for key in rows.order_by("pk").values_list("pk", flat=True):
        announce(of, key, "restored" if key in event.manifest["live"] else "updated")
