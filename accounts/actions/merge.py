"""Merging accounts, contacts or deals that turned out to be one, and undoing it. `crm-sync` section 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.choices import ObjectType
from accounts.models import CrmSource, MergeEvent, SyncedModel, User
from accounts.sync.engine import merge_named_rows
from accounts.sync.joining import Merged
from accounts.sync.merging import merge_keys
from accounts.sync.objects import BY_TYPE, SyncObject, sync_object_of
from accounts.sync.orders import MergeOrder
from accounts.sync.unmerging import undo
from clg import codes
from clg.security_log import log_security


@transaction.atomic
def merge_named(*, source: CrmSource, of: SyncObject, order: MergeOrder, at: dt.datetime) -> Merged:
    """What a source says: its losers are its winner. Repeating it is `unchanged`.

    Raises `UnknownWinner`, `MergeCycle`, `MergeTypeMismatch`.
    """
    merged = merge_named_rows(source=source, of=of, order=order, at=at)
    _log(merged)
    return merged


@transaction.atomic
def merge_duplicates(
    *, winner: SyncedModel, losers: Sequence[SyncedModel], at: dt.datetime, reason: str = "duplicate"
) -> Merged:
    """What one of our people says: these rows are one, whatever their sources call them. Raises `MergeCycle`."""
    of = sync_object_of(winner)
    merged = merge_keys(of=of, winner=winner.pk, losers=[loser.pk for loser in losers], at=at, reason=reason)
    _log(merged)
    return merged


def _log(merged: Merged) -> None:
    """Merges that did something are kept for auditors."""
    if merged.event is not None:
        _log_event("merged", merged.event)


def _log_event(what: str, event: MergeEvent) -> None:
    row: Any = BY_TYPE[ObjectType(event.object_type)].model._default_manager.get(pk=event.winner_id)
    data = {"merge": event.name_outside}
    log_security(f"{event.object_type}.{what}", object_type=event.object_type, object_id=codes.name_of(row), data=data)


@transaction.atomic
def undo_merge(*, event: MergeEvent, by: User, at: dt.datetime) -> bool:
    """Everything that still stands as the merge left it goes back; False when it was undone before.

    `event.kept` lists what was changed since and stays. Raises `MergeTooOld`, `MergedSince`.
    """
    was_standing = undo(event=event, at=at, by=f"user:{by.pk}")
    if was_standing:
        _log_event("merge_undone", event)
    return was_standing
