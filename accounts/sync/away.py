"""Deletes that say into whom their row was merged: each is a merge, in the words of an item. `crm-sync` section 5.

A source whose merges come as deletes (Salesforce writes the winner on the loser) needs no second door. Each costs the
statements of a merge of its own; the batch has the lock of merges alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from django.db import DataError, IntegrityError, InternalError, transaction

from accounts.choices import IdentityState
from accounts.errors import MergeCycle, MergeTypeMismatch, UnknownWinner
from accounts.models import CrmSource, ExternalIdentity
from accounts.sync.joining import MERGED, Merged
from accounts.sync.objects import SyncObject
from accounts.sync.orders import MergeOrder
from accounts.sync.parse import MERGED_INTO, Item
from accounts.sync.results import REDIRECTED, REFUSED, SUPPRESSED, Result, failed_item
from clg.errors import FieldError
from clg.events.origin import caused_by, current_origin

# What the merge's record says of its reason.
REASON: Final = "crm_merge"


class MergeNamed(Protocol):
    """Merges rows that a source names; `engine.merge_named_rows` but for our moment."""

    def __call__(self, *, source: CrmSource, of: SyncObject, order: MergeOrder) -> Merged: ...


def merge_away(*, source: CrmSource, of: SyncObject, items: Sequence[Item], merge: MergeNamed) -> list[Result]:
    """Merge the row of each item into the one that it names; an item that is refused fails alone.

    The outcome is `redirected`, as of every later write to the name; it is applied where the item merged something.
    """
    refused: list[Result] = []
    merged: dict[str, tuple[Item, bool]] = {}
    for item in items:
        order = MergeOrder(item.merged_into, [item.external_id], item.clock, reason=REASON)
        try:
            with transaction.atomic(), caused_by(replace(current_origin(), trace_id=item.trace_id)):
                merged[item.external_id] = item, merge(source=source, of=of, order=order).outcome == MERGED
        except (UnknownWinner, MergeCycle, MergeTypeMismatch) as refusal:
            refused.append(failed_item(item, FieldError(refusal.code, refusal.message, f"/{MERGED_INTO}")))
        except (IntegrityError, DataError, InternalError):
            refused.append(failed_item(item, REFUSED))
    return refused + _results(source, of, merged)


def _results(source: CrmSource, of: SyncObject, merged: Mapping[str, tuple[Item, bool]]) -> list[Result]:
    """What the items' names lead to now; of a suppressed name nothing is said."""
    names = ExternalIdentity.objects.filter(source=source, object_type=of.object_type, external_id__in=list(merged))
    return [_result(of, name, *merged[name.external_id]) for name in names.select_related(f"canonical__{of.noun}")]


def _result(of: SyncObject, name: ExternalIdentity, item: Item, is_applied: bool) -> Result:
    winner = name.canonical
    if name.state == IdentityState.SUPPRESSED or winner is None:
        return Result(item.line, item.external_id, SUPPRESSED, item.trace_id)
    row = getattr(winner, of.noun)
    return Result(
        item.line,
        item.external_id,
        REDIRECTED,
        item.trace_id,
        row.public_id,
        row.version,
        row.complete,
        merged_into=winner.external_id,
        applied=is_applied,
    )
