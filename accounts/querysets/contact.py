"""Reading people at companies."""

from __future__ import annotations

from typing import Any, Self

from accounts.querysets.sight import account_q, known_person_q
from accounts.querysets.synced import SyncedQuerySet


class ContactQuerySet(SyncedQuerySet[Any]):
    """People by sight and by whether they are still there."""

    def visible_to(self, principal: Any) -> Self:
        """People of the accounts in sight."""
        return self.filter(account_q(principal, noun="contacts", prefix="account__"))

    def known_to(self, reader: Any) -> Self:
        """People whom the reader may know by name."""
        return self.filter(known_person_q(reader))

    def gone(self, wanted: bool) -> Self:
        """Who has left the company, or who has not."""
        return self.filter(left_on__isnull=not wanted)
