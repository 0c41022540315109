"""Reading companies."""

from __future__ import annotations

from typing import Any, Self

from django.apps import apps
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.choices import Lifecycle, Outcome
from accounts.querysets.sight import account_q
from accounts.querysets.synced import SyncedQuerySet


class AccountQuerySet(SyncedQuerySet[Any]):
    """Companies by sight and by what they are to us."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(account_q(principal))

    def with_open_deals(self) -> Self:
        """Adds `open_deal_count`: deals of the account that are neither won, lost nor deleted; 0 for none."""
        deals = apps.get_model("accounts", "Opportunity")._default_manager.filter(
            account=OuterRef("pk"), outcome=Outcome.OPEN, deleted_at__isnull=True
        )
        grouped = deals.order_by().values("account").annotate(n=Count("pk")).values("n")
        return self.annotate(open_deal_count=Coalesce(Subquery(grouped, output_field=IntegerField()), 0))

    def customers(self) -> Self:
        return self.filter(lifecycle=Lifecycle.CUSTOMER)
