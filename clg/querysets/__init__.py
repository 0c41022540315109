"""Phrases that the lists of the API need of every table. Models mix this in beside their own querysets."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Self, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


class ListedQuerySet(QuerySet[Row]):
    """Rows with a public id, read in pages by their key."""

    def having(self, column: str, values: Iterable[object]) -> Self:
        """Rows whose column holds one of the values."""
        return self.filter(**{f"{column}__in": list(values)})

    def since(self, column: str, moment: dt.datetime) -> Self:
        """Rows whose moment is this one or later."""
        return self.filter(**{f"{column}__gte": moment})

    def before(self, column: str, moment: dt.datetime) -> Self:
        """Rows whose moment lies before this one."""
        return self.filter(**{f"{column}__lt": moment})

    def known_by(self, public_ids: Iterable[uuid.UUID]) -> Self:
        """Rows that carry one of these public ids."""
        return self.filter(public_id__in=list(public_ids))

    def after_key(self, key: int | None, *, descending: bool) -> Self:
        """In key order, from behind a key (or the beginning)."""
        rows = self.order_by("-pk" if descending else "pk")
        if key is None:
            return rows
        return rows.filter(pk__lt=key) if descending else rows.filter(pk__gt=key)
