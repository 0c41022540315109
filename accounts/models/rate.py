"""Dated exchange rates."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.querysets import ReferenceQuerySet
from clg import wording
from clg.guards import append_only


class ExchangeRate(models.Model):
    """Units of the reporting currency for one unit of `currency` on a day.

    Append-only; of several rows for one currency and day the one recorded last (highest id) holds.
    """

    currency = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    source = models.CharField(max_length=100, blank=True, default="", db_default="")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "currency", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__gt=0),
                name="%(app_label)s_%(class)s_positive",
                violation_error_message="A rate must be above zero.",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="%(app_label)s_%(class)s_currency_code"
            ),
        ]
        indexes = [
            # Allocator: the latest rate at or before a day.
            models.Index(fields=["currency", "-on", "-id"], name="accounts_exchangerate_lookup")
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.currency}, {wording.day(self.on)}"
