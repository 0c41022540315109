"""Merging accounts, contacts or deals that turned out to be one, and undoing it. `crm-sync` section 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import transaction

from accounts.duplicates import words_about
from accounts.models import CrmSource, MergeEvent, SyncedModel, ToldApart, User
from accounts.sync.engine import merge_named_rows
from accounts.sync.joining import Merged
from accounts.sync.merging import merge_keys
from accounts.sync.objects import SyncObject, sync_object_of
from accounts.sync.orders import MergeOrder
from accounts.sync.unmerging import undo


@transaction.atomic
def merge_named(*, source: CrmSource, of: SyncObject, order: MergeOrder, at: dt.datetime) -> Merged:
    """What a source says: its losers are its winner. Repeating it is `unchanged`.

    Raises `UnknownWinner`, `MergeCycle`, `MergeTypeMismatch`.
    """
    return merge_named_rows(source=source, of=of, order=order, at=at)


@transaction.atomic
def merge_duplicates(
    *, winner: SyncedModel, losers: Sequence[SyncedModel], at: dt.datetime, reason: str = "duplicate"
) -> Merged:
    """What one of our people says: these rows are one, whatever their sources call them.

    Raises `MergeCycle`; `NotThere` when one of them was deleted or merged meanwhile.
    """
    of = sync_object_of(winner)
    return merge_keys(of=of, winner=winner.pk, losers=[loser.pk for loser in losers], at=at, reason=reason)


@transaction.atomic
def undo_merge(*, event: MergeEvent, by: User, at: dt.datetime) -> bool:
    """Everything that still stands as the merge left it goes back; False when it was undone before.

    `event.kept` lists what was changed since and stays. Raises `MergeTooOld`, `MergedSince`.
    """
    return undo(event=event, at=at, by=f"user:{by.pk}")


@transaction.atomic
def tell_apart(*, of: SyncObject, keys: Collection[int], by: User, at: dt.datetime) -> ToldApart:
    """Remember that rows which look like one are not; told twice it is one word."""
    word, _ = ToldApart.objects.get_or_create(
        object_type=of.object_type, keys=sorted(keys), defaults={"told_by": f"user:{by.pk}", "created_at": at}
    )
    return word


@transaction.atomic
def ask_again(*, of: SyncObject, keys: Collection[int]) -> int:
    """Forget every word that these rows as a whole are not the same; how many there were."""
    return words_about(of, keys).delete()[0]
