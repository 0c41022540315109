"""Reading merges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Self

from django.db.models import Q

from accounts.choices import ObjectType
from accounts.querysets.source import SourceQuerySet


class MergeQuerySet(SourceQuerySet):
    """Merges, standing and undone."""

    def standing(self) -> Self:
        """Not undone."""
        return self.filter(undone_at=None)

    def that_took(self, object_type: ObjectType | str, key: int) -> Self:
        """The merges by which a row ceased to stand for itself; at most one of them stands."""
        return self.filter(object_type=object_type, loser_ids__contains=[key])

    def heirs_of(self, **keys: Collection[int]) -> dict[str, dict[int, int]]:
        """Of `account=`, `contact=`, `opportunity=` keys those merged away: kind -> loser -> the row that stands.

        One query, and one more for each link of a chain of merges.
        """
        found: dict[str, dict[int, int]] = {kind: {} for kind in keys}
        wanted: Mapping[str, Collection[int]] = keys
        while wanted := {kind: set(of_kind) for kind, of_kind in wanted.items() if of_kind}:
            took = self._that_took_any(wanted)
            for kind, heirs in took.items():
                found[kind] = {loser: heirs.get(heir, heir) for loser, heir in found[kind].items()} | heirs
            wanted = {kind: heirs.values() for kind, heirs in took.items()}
        return {kind: {loser: heir for loser, heir in found[kind].items() if loser in keys[kind]} for kind in keys}

    def _that_took_any(self, wanted: Mapping[str, Collection[int]]) -> dict[str, dict[int, int]]:
        any_of = Q(pk__in=[])
        for kind, keys in wanted.items():
            any_of |= Q(object_type=kind, loser_ids__overlap=list(keys))
        took: dict[str, dict[int, int]] = {}
        for kind, winner, losers in self.standing().filter(any_of).values_list("object_type", "winner_id", "loser_ids"):
            took.setdefault(kind, {}).update((loser, winner) for loser in losers if loser in wanted[kind])
        return took
