"""Which endpoints and deliveries there are for whom, and how endpoints fare."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Self

from django.db.models import Count, F, IntegerField, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from clg.choices import EndpointState, WorkState
from clg.querysets import ListedQuerySet
from clg.querysets.lease import LeasedQuerySet

# Who among our people sees them, by role; a client sees its own. `security` section 2.2.
_READERS: Final = ("administrator", "marketer", "auditor")


def _owner_q(principal: Any, path: str) -> Q:
    """A client's own, everything for the roles that may look, nothing for anybody else."""
    actor = getattr(principal, "actor", "")
    if actor:
        return Q(**{path: actor})
    is_reader = getattr(principal, "is_active", False) and principal.has_role(*_READERS)
    return Q() if is_reader else Q(pk__in=[])


class EndpointQuerySet(ListedQuerySet[Any]):
    """Endpoints of webhooks."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(_owner_q(principal, "owner"))

    def active(self) -> Self:
        return self.filter(state=EndpointState.ACTIVE)

    def with_fare(self, since: dt.datetime) -> Self:
        """Adds `delivered` and `tried` (how many of the deliveries since then ended well, and ended or failed so far),
        `waiting` (how many are to come) and `next_attempt_at` (NULL when nothing waits)."""
        tried = Q(created_at__gte=since) & (Q(attempted_at__isnull=False) | Q(state=WorkState.DEAD))
        waits = Q(state__in=[WorkState.PENDING, WorkState.LEASED])
        return self.annotate(
            delivered=_counted(tried & Q(state=WorkState.DONE)),
            tried=_counted(tried),
            waiting=_counted(waits),
            next_attempt_at=Subquery(_of_endpoint(waits).annotate(first=Min("run_after")).values("first")),
        )


class DeliveryQuerySet(LeasedQuerySet[Any]):
    """Deliveries to endpoints."""

    def visible_to(self, principal: Any) -> Self:
        return self.filter(_owner_q(principal, "endpoint__owner"))

    def of_endpoint(self, public_id: Any) -> Self:
        return self.filter(endpoint__public_id=public_id)


def _of_endpoint(condition: Q) -> Any:
    """Deliveries of the outer endpoint, grouped into one row."""
    from clg.models.webhooks import WebhookDelivery  # noqa: PLC0415 - the sibling imports this module

    rows = WebhookDelivery.objects.filter(condition, endpoint=OuterRef("pk")).order_by()
    return rows.annotate(whose=F("endpoint")).values("whose")


def _counted(condition: Q) -> Any:
    counted = _of_endpoint(condition).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
