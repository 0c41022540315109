"""Merges: which rows turned out to be one, who said so, and the way back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.actions.merge import undo_merge
from accounts.admin.duplicates import WithDuplicates, told
from accounts.admin.source import ObjectTypeFilter
from accounts.models import MergeEvent
from accounts.permissions import may_merge, may_see_sources
from accounts.sync.keys import counts_of
from accounts.sync.unmerging import UNDO_DAYS
from clg import wording
from clg.admin import Act, ReadOnlyAdmin, Rights, cells

UNDO = Act(
    "undo",
    "Undo the merge",
    "The losers come back with everything that still stands as the merge left it. What was changed since stays with"
    " the winner and is listed here.",
    "Undone. Credit and scores follow within a minute.",
    lambda row, answers, by, at: undo_merge(event=row, by=by, at=at),
    lambda row, reader: row.undone_at is None,
    tone="danger",
    may=may_merge,
    reach=lambda row, reader: f"{_told(row.manifest['keys']) or 'Nothing'} would go back.",
)


def _told(keys: dict[str, Any]) -> str:
    """What a manifest moved, in words: `3 contacts, 1 signals`."""
    return told(counts_of(keys)) if keys else ""


@admin.register(MergeEvent)
class MergeEventAdmin(WithDuplicates, ReadOnlyAdmin[MergeEvent]):
    rights = Rights(see=may_see_sources)
    acts = (UNDO,)
    empty_title = "No merge yet"
    empty_text = f"When a source says that rows are one, the merge stands here and can be undone for {UNDO_DAYS} days."

    list_display = ("merge", "object_type", "source", "moved", "told_by", "merged", "undone")
    list_select_related = ("source",)
    list_filter = (ObjectTypeFilter,)
    search_fields = ("=winner_name",)
    search_help_text = "The winner's whole id as the source writes it"
    ordering = ("-id",)
    fields = (
        ("source", "object_type"),
        ("winner_name", "loser_names"),
        ("result_external_id", "reason"),
        ("actor", "created_at"),
        "moved",
        ("undone_at", "undone_by"),
        "stayed",
    )
    readonly_fields = ("moved", "stayed")

    def get_urls(self) -> list[URLPattern]:
        return [*self.duplicate_urls(), *super().get_urls()]

    def may_open_page(self, request: HttpRequest, page: str) -> bool:
        """What may be merged is for those who may merge it."""
        return bool(may_merge(request.user))

    @display(description="Merge", ordering="winner_name")
    def merge(self, row: MergeEvent) -> str:
        """The losers and the winner by the source's ids; by number where staff merged rows."""
        losers = ", ".join(row.loser_names[:3]) or wording.count(len(row.loser_ids), "row")
        return f"{losers} into {row.winner_name or 'a row of ours'}"

    @display(description="Moved")
    def moved(self, row: MergeEvent) -> str:
        return _told(row.manifest["keys"]) or "—"

    @display(description="Changed since, and left with the winner")
    def stayed(self, row: MergeEvent) -> str:
        return _told(row.kept) or "—"

    @display(description="Told by")
    def told_by(self, row: MergeEvent) -> str:
        return row.actor

    @display(description="Merged", ordering="created_at")
    def merged(self, row: MergeEvent) -> SafeString:
        return cells.near(row.created_at, self.now())

    @display(description="Undone", ordering="undone_at")
    def undone(self, row: MergeEvent) -> SafeString:
        return cells.near(row.undone_at, self.now())
