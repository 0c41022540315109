"""Reading signals."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import QuerySet

from accounts.querysets.sight import account_q


class SignalQuerySet(QuerySet[Any]):
    """Observed facts by sight."""

    def visible_to(self, principal: Any) -> Self:
        """Facts about the accounts in sight."""
        return self.filter(account_q(principal, noun="signals", prefix="account__"))
