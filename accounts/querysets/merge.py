"""Reading merges."""

from __future__ import annotations

from typing import Self

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
