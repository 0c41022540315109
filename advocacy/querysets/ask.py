"""Reading asks."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Case, When

from advocacy.choices import AskState
from advocacy.querysets.champion import shown_name
from advocacy.querysets.sight import ask_q

OPEN_STATES = (AskState.RESERVED, AskState.SENT, AskState.ACCEPTED)


class AskQuerySet(models.QuerySet[Any]):
    """Asks, newest first."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(ask_q(principal))

    def open(self) -> Self:
        """Reserved, sent or accepted: they hold minutes."""
        return self.filter(state__in=OPEN_STATES)

    def overridden(self, wanted: bool) -> Self:
        """Those for which a gate was passed over, or those that no gate forbade."""
        return self.exclude(gates=[]) if wanted else self.filter(gates=[])

    def logged(self, *, over_budget: bool = False) -> Self:
        """Asks made outside; as asked only those that took more minutes than there were."""
        rows = self.filter(state=AskState.LOGGED)
        return rows.filter(over_budget=True) if over_budget else rows

    def for_list(self, reader: Any) -> Self:
        """What the list of asks shows this reader, in one query."""
        own = When(champion=None, then=shown_name(reader))
        rows = self.select_related("champion__account", "account", "contact", "asked_by", "team")
        return rows.annotate(shown_name=Case(own, default=shown_name(reader, "champion__")))


class OverrideQuerySet(models.QuerySet[Any]):
    """Gates passed over, seen with their ask."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(ask_q(principal, prefix="ask__"))
