"""Reading asks."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from advocacy.choices import AskState
from advocacy.querysets.sight import ask_q

OPEN_STATES = (AskState.RESERVED, AskState.SENT, AskState.ACCEPTED)


class AskQuerySet(models.QuerySet[Any]):
    """Asks, newest first."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(ask_q(principal))

    def open(self) -> Self:
        """Reserved, sent or accepted: they hold minutes."""
        return self.filter(state__in=OPEN_STATES)


class OverrideQuerySet(models.QuerySet[Any]):
    """Gates passed over, seen with their ask."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(ask_q(principal, prefix="ask__"))
