"""Merging rows: names, pointers and what is left of the losers. `crm-sync` section 5.

A merge joins names first: each loser's identity becomes `merged`, its `canonical` the winner's, chains shortened. Then
every foreign key to a loser's row moves to the winner's (`keys.py`), and the loser's row is hidden. What a loser wrote
after the merge's clock goes to the winner as an item of the loser's name (`engine.py`), as if it had come later: so a
write before or after the merge gives the same end. Call inside a transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from accounts.choices import IdentityState, SourceKind
from accounts.errors import MergeCycle, MergeTypeMismatch, NotThere, UnknownWinner
from accounts.models import CrmSource, ExternalIdentity
from accounts.sync.joining import BEFORE_ALL, Joining, Merged, PassOn, pair_of, root_of
from accounts.sync.locks import lock_merges
from accounts.sync.objects import SyncObject
from accounts.sync.orders import MergeOrder


def merge_names(*, source: CrmSource, of: SyncObject, order: MergeOrder, at: dt.datetime, pass_on: PassOn) -> Merged:
    """Merge what a source calls by some names. Raises `UnknownWinner`, `MergeCycle`, `MergeTypeMismatch`."""
    lock_merges()
    if order.winner in order.losers or order.result in order.losers:
        raise MergeCycle
    known = _identities(source, of, [order.winner, *order.losers, order.result])
    _refuse_other_kinds(source, of, order, known)
    named = known.get(order.winner)
    if named is None or root_of(named).state == IdentityState.SUPPRESSED:
        raise UnknownWinner
    merging = Joining(of, root_of(named), at)
    clock = max(order.clock, pair_of(named.merged_clock)) if named.canonical_id else order.clock
    for name in dict.fromkeys(order.losers):
        merging.add(source, name, known.get(name), clock)
    if order.result and order.result != order.winner:
        merging.rename(source, order.result, known.get(order.result))
    return merging.run(source, order, pass_on)


def merge_keys(*, of: SyncObject, winner: int, losers: Iterable[int], at: dt.datetime, reason: str) -> Merged:
    """Merge rows of ours that turned out to be one, whatever sources call them. Raises `MergeCycle`, `NotThere`.

    There is no clock: of each name what is known now counts as older than the merge.
    """
    lock_merges()
    losers = set(losers)
    if winner in losers:
        raise MergeCycle
    live = of.model._default_manager.filter(pk__in=[winner, *losers], deleted_at=None)
    if live.count() != 1 + len(losers):
        raise NotThere
    merging = Joining(of, None, at, winner_id=winner)
    merging.rows |= losers
    return merging.run(None, MergeOrder("", (), BEFORE_ALL, reason=reason), lambda left: set())


def _identities(source: CrmSource, of: SyncObject, names: Iterable[str]) -> dict[str, ExternalIdentity]:
    rows = ExternalIdentity.objects.filter(source=source, object_type=of.object_type, external_id__in=list(names))
    locked = rows.select_related("canonical").order_by("external_id").select_for_update(of=("self",))
    return {identity.external_id: identity for identity in locked}


def _refuse_other_kinds(
    source: CrmSource, of: SyncObject, order: MergeOrder, known: dict[str, ExternalIdentity]
) -> None:
    """Salesforce never gives an id twice; elsewhere a loser's number may be a company's and a person's."""
    unknown = [order.winner, *(order.losers if source.kind == SourceKind.SALESFORCE else ())]
    unknown = [name for name in unknown if name not in known]
    others = ExternalIdentity.objects.filter(source=source, external_id__in=unknown)
    if unknown and others.exclude(object_type=of.object_type).exists():
        raise MergeTypeMismatch
