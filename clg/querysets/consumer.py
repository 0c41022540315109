"""Reading how far the internal readers of the outbox have come."""

from __future__ import annotations

from typing import Any, Self

from django.apps import apps
from django.db.models import Count, F, OuterRef, QuerySet, Subquery


class ConsumerQuerySet(QuerySet[Any]):
    """Readers of the outbox and how far they have come."""

    def with_lag(self) -> Self:
        """Adds `behind`, events numbered and not yet read; `waiting_since`, the moment of the first of them or NULL;
        `failure_count`, events put aside."""
        state = apps.get_model("clg", "FeedState")._default_manager.values("last_position")[:1]
        events = apps.get_model("clg", "OutboxEvent")._default_manager.filter(position=OuterRef("position") + 1)
        return self.annotate(
            behind=Subquery(state) - F("position"),
            waiting_since=Subquery(events.values("occurred_at")[:1]),
            failure_count=Count("failures"),
        )
