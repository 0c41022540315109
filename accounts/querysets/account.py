"""Reading companies."""

from __future__ import annotations

from typing import Any, Self

from accounts.choices import Lifecycle
from accounts.querysets.sight import account_q
from accounts.querysets.synced import SyncedQuerySet


class AccountQuerySet(SyncedQuerySet[Any]):
    """Companies by sight and by what they are to us."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(account_q(principal))

    def customers(self) -> Self:
        return self.filter(lifecycle=Lifecycle.CUSTOMER)
