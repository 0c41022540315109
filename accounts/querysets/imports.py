"""Reading import jobs and the presets of their files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final, Self

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.choices import ImportState, Role
from accounts.principals import ApiPrincipal, has_role, has_scope
from accounts.querysets.sight import EVERYTHING, NOTHING
from clg.querysets import ListedQuerySet

SEES_IMPORTS: Final = (Role.ADMINISTRATOR, Role.MARKETER, Role.AUDITOR)


class ImportPresetQuerySet(QuerySet[Any]):
    """Presets."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(EVERYTHING if has_role(principal, *SEES_IMPORTS) else NOTHING)


class ImportJobQuerySet(ListedQuerySet[Any]):
    """Import jobs."""

    def visible_to(self, principal: Any) -> Self:
        """All for people who may see imports; for a client those of its source."""
        if isinstance(principal, ApiPrincipal):
            return self.filter(source=principal.source) if has_scope(principal, "imports:write") else self.none()
        return self.filter(EVERYTHING if has_role(principal, *SEES_IMPORTS) else NOTHING)

    def of_objects(self, nouns: Iterable[str]) -> Self:
        """Jobs whose rows are these: accounts, contacts, opportunities."""
        return self.filter(object_type__in=[self.model.TYPES[noun] for noun in nouns])

    def running(self) -> Self:
        return self.filter(state=ImportState.RUNNING)

    def ended(self) -> Self:
        return self.filter(state__in=[ImportState.COMPLETE, ImportState.FAILED, ImportState.ABORTED])

    def due(self, *, at: dt.datetime) -> Self:
        """Running jobs that nobody works on, and whose turn it is: of a source and object the one taken up before."""
        rivals = self.model.objects.running().filter(source=OuterRef("source"), object_type=OuterRef("object_type"))
        before = Q(started_at__lt=OuterRef("started_at")) | Q(started_at=OuterRef("started_at"), pk__lt=OuterRef("pk"))
        ahead = rivals.filter(Q(taken_at__isnull=False) | before)
        free = self.running().filter(Q(lease_until=None) | Q(lease_until__lt=at))
        return free.filter(Q(taken_at__isnull=False) | ~Exists(ahead)).order_by("started_at", "pk")
