"""Gifts to people: one count for the whole company, and its limits. `proof` section 7."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import Contact, User
from advocacy.choices import GiftKind, Use
from advocacy.querysets import GiftLimitQuerySet, GiftQuerySet
from clg.guards import known, ledger
from clg.history import tracked


@tracked()
class GiftLimit(models.Model):
    """What one person may receive: per occasion and calendar year, by country (`*`: any), sector and use (`*`: any).

    Of several in force the strictest counts. Amounts are in minor units of `currency`.
    """

    country = models.CharField(max_length=2, default="*", help_text="ISO 3166-1 alpha-2, or * for any")
    sector = models.CharField(max_length=10, choices=[("public", "Public sector"), ("*", "Any sector")], default="*")
    use = models.CharField(max_length=20, choices=[*Use.choices, ("*", "Any use")], default="*")
    per_gift_minor = models.BigIntegerField()
    per_year_minor = models.BigIntegerField()
    cash_allowed = models.BooleanField(default=False)
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=300, blank=True, default="", help_text="the rule or law it comes from")
    valid_from = models.DateField()
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = GiftLimitQuerySet.as_manager()

    class Meta:
        ordering = ["country", "sector", "use", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "sector", "use", "valid_from"], name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(per_gift_minor__gte=0, per_year_minor__gte=0), name="%(app_label)s_%(class)s_not_negative"
            ),
            known("use", ["*", *Use.values]),
            known("sector", ["public", "*"]),
        ]

    def __str__(self) -> str:
        return f"Limit of gifts: {self.country}, {self.sector}, {self.use}"


class GiftRecord(models.Model):
    """Something of worth given to a person. Append-only; a correction is a negative row; `source_key` makes it once."""

    CHANGEABLE: ClassVar = ("contact",)

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="gifts", db_index=False)
    use = models.CharField(max_length=20, choices=Use.choices)
    kind = models.CharField(max_length=12, choices=GiftKind.choices)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    given_on = models.DateField()
    source_key = models.CharField(max_length=100, unique=True)
    note = models.CharField(max_length=500, blank=True, default="")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = GiftQuerySet.as_manager()

    class Meta:
        ordering = ["-given_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="%(app_label)s_%(class)s_of_worth"),
            known("use", Use),
            known("kind", GiftKind),
        ]
        # What a person was given in a calendar year.
        indexes = [models.Index(fields=["contact", "given_on"], name="advocacy_gift_of_contact")]
        triggers = ledger("contact_id")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.given_on}"
