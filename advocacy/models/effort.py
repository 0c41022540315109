"""Minutes of champions and their accounts: budgets, meters to lock, and the ledger of entries. `readiness` 6.2, 6.3."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Account, Contact, User
from advocacy.choices import BudgetScope, EffortBucket
from advocacy.models.champion import Champion
from advocacy.querysets import BudgetQuerySet, EffortQuerySet
from clg.guards import known, ledger
from clg.history import tracked

_EMPTY = {"account__isnull": True, "champion__isnull": True}


@tracked()
class EffortBudget(models.Model):
    """How many minutes and asks a scope allows in 90 days; an empty limit is none.

    The narrowest rule that is valid on the day wins as a whole: champion, account, segment, everybody. The minutes of
    an account come from the narrowest rule that is not a champion's, since one person's agreement binds no colleagues.
    """

    scope = models.CharField(max_length=10, choices=BudgetScope.choices)
    segment = models.CharField(max_length=100, blank=True, default="")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets")
    champion = models.ForeignKey(Champion, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets")
    person_minutes = models.PositiveIntegerField(null=True, blank=True)
    account_minutes = models.PositiveIntegerField(null=True, blank=True)
    max_asks = models.PositiveSmallIntegerField("asks in 90 days", null=True, blank=True)
    max_open_asks = models.PositiveSmallIntegerField("open asks", null=True, blank=True)
    use_caps = models.JSONField(
        "asks in 90 days, by use", null=True, blank=True, help_text="{use: asks}; a use not named keeps its own cap"
    )
    reason = models.CharField(max_length=300, blank=True, default="")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "-id"]
        constraints = [
            known("scope", BudgetScope),
            models.CheckConstraint(
                condition=Q(scope="tenant", segment="", **_EMPTY)
                | (Q(scope="segment", **_EMPTY) & ~Q(segment=""))
                | Q(scope="account", segment="", account__isnull=False, champion__isnull=True)
                | Q(scope="champion", segment="", account__isnull=True, champion__isnull=False),
                name="%(app_label)s_%(class)s_names_its_scope",
                violation_error_message="Name what the scope says: a segment, an account, a champion or nothing.",
            ),
            models.CheckConstraint(
                condition=~Q(scope="champion") | Q(account_minutes__isnull=True),
                name="%(app_label)s_%(class)s_person_only",
                violation_error_message="A champion's budget says nothing of the account's minutes.",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_from__lte=F("valid_until")),
                name="%(app_label)s_%(class)s_days_in_order",
                violation_error_message="The last day lies before the first.",
            ),
        ]

    def __str__(self) -> str:
        return f"Budget of {self.get_scope_display().lower()}"


class EffortMeter(models.Model):
    """A row to lock before minutes are spent; holds no number, every balance is a sum of entries. Never deleted."""

    account = models.OneToOneField(
        Account, null=True, on_delete=models.CASCADE, related_name="effort_meter", db_constraint=True
    )
    champion = models.OneToOneField(Champion, null=True, on_delete=models.CASCADE, related_name="effort_meter")
    contact = models.OneToOneField(Contact, null=True, on_delete=models.CASCADE, related_name="effort_meter")

    objects = EffortQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False, champion__isnull=True, contact__isnull=True)
                | Q(account__isnull=True, champion__isnull=False, contact__isnull=True)
                | Q(account__isnull=True, champion__isnull=True, contact__isnull=False),
                name="%(app_label)s_%(class)s_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"meter {self.pk}"


class EffortEntry(models.Model):
    """Minutes that an ask reserved, gave back or used. Append-only; a balance is a sum, a correction a new row.

    A consumed entry of day e counts on day t when t - 90 < e <= t; reserved ones always. `champion` or `contact`:
    whose minutes; `account`: whose budget they also count on.
    """

    CHANGEABLE: ClassVar = ("champion", "contact", "account")

    ask = models.ForeignKey("advocacy.Ask", on_delete=models.PROTECT, related_name="entries", db_index=False)
    champion = models.ForeignKey(
        Champion, null=True, on_delete=models.PROTECT, related_name="effort_entries", db_index=False
    )
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.PROTECT, related_name="effort_entries", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="effort_entries", db_index=False)
    bucket = models.CharField(max_length=10, choices=EffortBucket.choices)
    minutes = models.SmallIntegerField()
    effective_on = models.DateField()
    at = models.DateTimeField()
    by = models.CharField(max_length=100, help_text="user:3, link:9, client:5, system")

    objects = EffortQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "effort entries"
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(champion__isnull=False, contact__isnull=True)
                | Q(champion__isnull=True, contact__isnull=False),
                name="%(app_label)s_%(class)s_of_one",
            ),
            known("bucket", EffortBucket),
            models.CheckConstraint(condition=~Q(minutes=0), name="%(app_label)s_%(class)s_moves_something"),
        ]
        indexes = [
            # Balances at the ask door and on lists: index only.
            models.Index(
                fields=["champion", "bucket", "effective_on"],
                include=["minutes"],
                condition=Q(champion__isnull=False),
                name="advocacy_effort_of_champion",
            ),
            models.Index(
                fields=["contact", "bucket", "effective_on"],
                include=["minutes"],
                condition=Q(contact__isnull=False),
                name="advocacy_effort_of_contact",
            ),
            models.Index(
                fields=["account", "bucket", "effective_on"], include=["minutes"], name="advocacy_effort_of_account"
            ),
            # The entries of an ask: its page, and the proof that a closed one holds nothing.
            models.Index(fields=["ask"], name="advocacy_effort_of_ask"),
        ]
        triggers = ledger("champion_id", "contact_id", "account_id")

    def __str__(self) -> str:
        return f"{self.minutes:+d} min {self.bucket}"
