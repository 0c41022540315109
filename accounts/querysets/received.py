"""Reading what sources sent, by the hour."""

from __future__ import annotations

import datetime as dt
from typing import Any, Self

from django.db.models import Exists, Max, OuterRef

from accounts.querysets.source import SourceQuerySet


class ReceivedHourQuerySet(SourceQuerySet):
    """Figures of hours."""

    def outlived(self, *, before: dt.datetime) -> Self:
        """Hours before the moment, but for the newest of each source and kind, which says when it was last heard."""
        later = self.model._default_manager.filter(
            source=OuterRef("source"), object_type=OuterRef("object_type"), hour__gt=OuterRef("hour")
        )
        return self.filter(Exists(later), hour__lt=before)

    def last_heard(self) -> Any:
        """One row a kind: `object_type`, `last` (moment of its newest batch), `newest` (clock, a pair, or NULL)."""
        return self.order_by().values("object_type").annotate(last=Max("received_at"), newest=Max("clock"))


class UnmappedStageQuerySet(SourceQuerySet):
    """Stages that came without an outcome."""

    def unmapped(self, source: Any) -> Self:
        """Those of the source that its stage map still does not name, the newest first."""
        return self.filter(source=source).exclude(stage__in=list(source.stage_map)).order_by("-received_at", "stage")
