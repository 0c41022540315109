"""Reading deals."""

from __future__ import annotations

from typing import Any, Self

from accounts.choices import Outcome
from accounts.querysets.sight import opportunity_q
from accounts.querysets.synced import SyncedQuerySet


class OpportunityQuerySet(SyncedQuerySet[Any]):
    """Deals by sight and by how they ended."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(opportunity_q(principal))

    def still_open(self) -> Self:
        return self.filter(outcome=Outcome.OPEN)

    def won(self) -> Self:
        return self.filter(outcome=Outcome.WON)
