"""Reading signals."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import QuerySet

from accounts.querysets.sight import account_q, known_contact


class SignalQuerySet(QuerySet[Any]):
    """Observed facts by sight."""

    def visible_to(self, principal: Any) -> Self:
        """Facts about the accounts in sight."""
        return self.filter(account_q(principal, noun="signals", prefix="account__"))

    def with_known_contact(self, reader: Any) -> Self:
        """Adds `known_contact`: the key of the person the fact is about, NULL when the reader does not know them."""
        return self.annotate(known_contact=known_contact(reader))
