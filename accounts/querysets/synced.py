"""What accounts, contacts and deals share: they come from outside, may be incomplete, and hide when deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Self, TypeVar, cast

from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clg.querysets import ListedQuerySet

Row = TypeVar("Row", bound=Model)


class SyncedQuerySet(ListedQuerySet[Row]):
    """Rows that CRMs write."""

    def live(self) -> Self:
        """Not deleted in the CRM."""
        return self.filter(deleted_at__isnull=True)

    def deleted_too(self, wanted: bool) -> Self:
        """All rows, or the live ones only."""
        return self.all() if wanted else self.live()

    def complete(self) -> Self:
        """With everything a list needs: a row born as the parent of an early child is not."""
        return self.filter(complete=True)

    def unfinished(self, source: Any, *, before: dt.datetime) -> Self:
        """Live rows that a source names and that were born incomplete before the moment and still are."""
        named = self._identities().filter(**{self._link: OuterRef("pk")}, source=source)
        return self.live().filter(Exists(named), complete=False, created_at__lt=before)

    def listed(self) -> Self:
        """What lists show unless asked for more."""
        return self.live().complete()

    def known_as(self, source: Any, external_ids: Iterable[str]) -> Self:
        """Rows that a source calls by one of these ids; an id merged into another names the winner."""
        names = self._identities().filter(source=source, external_id__in=list(external_ids))
        return self.filter(pk__in=names.values(row=Coalesce(f"canonical__{self._link}", self._link)))

    def heir_of(self, row: Any) -> Self:
        """The row that stands for one that was merged away, none for any other."""
        from accounts.models import MergeEvent  # noqa: PLC0415 - a sibling model, loaded after its queryset

        heirs = MergeEvent.objects.heirs_of(**{self._link: [row.pk]})[self._link]
        return self.filter(pk__in=heirs.values())

    def with_external_id(self, source: Any) -> Self:
        """Adds `external_id`: text, the source's own id of the row (the oldest of several), NULL where it has none."""
        own = self._identities().filter(**{self._link: OuterRef("pk")}, source=source, state="active")
        return self.annotate(external_id=Subquery(own.order_by("id").values("external_id")[:1]))

    @property
    def _link(self) -> str:
        return str(self.model._meta.model_name)

    def _identities(self) -> QuerySet[Any]:
        identities = self.model._meta.get_field("identities").related_model
        return cast(Any, identities)._default_manager.all()
