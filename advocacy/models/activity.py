"""What champions did, and the raw facts that it met a buyer. `attribution` section 1."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Account, Contact, Opportunity, User
from advocacy.choices import ActivityKind, EncounterKind, TouchRole
from advocacy.models.champion import Champion
from advocacy.querysets import ActivityQuerySet, EncounterQuerySet
from clg import wording
from clg.guards import counts_versions, known
from clg.history import tracked
from clg.models import PublicModel, VersionedModel


class RecordedModel(PublicModel, VersionedModel):
    """A fact somebody recorded once by (source, source_ref); withdrawn, never deleted."""

    source = models.CharField(max_length=100, help_text="the kind of row that told us, or crm:<slug>")
    source_ref = models.CharField(max_length=255, help_text="its key there")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


@tracked()
class Activity(RecordedModel):
    """Something a champion actually did: took the call, published the review, spoke, referred.

    `account` is the champion's when it happened. Assets (case study, review, ...) join as columns with their part.
    """

    PUBLIC_PREFIX: ClassVar[str] = "act"

    champion = models.ForeignKey(Champion, on_delete=models.PROTECT, related_name="activities", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="activities")
    kind = models.CharField(max_length=30, choices=ActivityKind.choices)
    title = models.CharField(max_length=255, blank=True, default="", db_default="")
    occurred_at = models.DateTimeField()
    evidence = models.JSONField(default=dict, blank=True, db_default={})
    duplicate_of = models.ForeignKey(
        "advocacy.Activity", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates"
    )

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "activities"
        ordering = ["-occurred_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "source_ref"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(duplicate_of__isnull=True) | ~Q(duplicate_of=models.F("id")),
                name="%(app_label)s_%(class)s_not_own_duplicate",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="%(app_label)s_%(class)s_reason_iff_withdrawn",
            ),
            known("kind", ActivityKind),
        ]
        indexes = [
            # Champion page: newest first.
            models.Index(fields=["champion", "-occurred_at"], name="advocacy_activity_champion")
        ]
        triggers = [counts_versions()]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()


@tracked()
class Encounter(RecordedModel):
    """One time an activity met a buyer, before we know which deal: a deal, a contact, an account or a domain."""

    PUBLIC_PREFIX: ClassVar[str] = "enc"

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="encounters")
    opportunity = models.ForeignKey(
        Opportunity,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="encounters",
        db_index=False,
    )
    given_rung = models.SmallIntegerField(null=True, blank=True)
    buyer_contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="encounters", db_index=False
    )
    buyer_account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="encounters", db_index=False
    )
    buyer_domain = models.CharField(max_length=253, blank=True, default="", db_default="")
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=EncounterKind.choices)
    role = models.CharField(max_length=12, choices=TouchRole.choices, default=TouchRole.INFLUENCED)
    weight_hint = models.DecimalField(max_digits=6, decimal_places=3, default=1, db_default=1)
    named_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects = EncounterQuerySet.as_manager()

    class Meta:
        ordering = ["-occurred_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "source_ref"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(opportunity__isnull=False)
                | Q(buyer_contact__isnull=False)
                | Q(buyer_account__isnull=False)
                | ~Q(buyer_domain=""),
                name="%(app_label)s_%(class)s_names_a_buyer",
                violation_error_message="Name the deal, the contact, the account or the domain that was met.",
            ),
            models.CheckConstraint(
                condition=Q(opportunity__isnull=False) | (Q(role="influenced") & Q(given_rung__isnull=True)),
                name="%(app_label)s_%(class)s_sourced_names_deal",
                violation_error_message="Only an encounter that names the deal can have sourced it.",
            ),
            models.CheckConstraint(
                condition=Q(given_rung__isnull=True) | Q(given_rung__range=(1, 6)),
                name="%(app_label)s_%(class)s_given_rung_range",
            ),
            models.CheckConstraint(
                condition=Q(weight_hint__gte="0.001", weight_hint__lte=10),
                name="%(app_label)s_%(class)s_weight_hint_range",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="%(app_label)s_%(class)s_reason_iff_withdrawn",
            ),
            known("kind", EncounterKind),
            known("role", TouchRole),
        ]
        indexes = [
            # The matcher's four roads from a changed deal, contact, account or domain to its encounters.
            models.Index(
                fields=["opportunity"],
                condition=Q(opportunity__isnull=False),
                name="advocacy_encounter_deal",
            ),
            models.Index(
                fields=["buyer_contact"],
                condition=Q(buyer_contact__isnull=False),
                name="advocacy_encounter_contact",
            ),
            models.Index(
                fields=["buyer_account"],
                condition=Q(buyer_account__isnull=False),
                name="advocacy_encounter_account",
            ),
            models.Index(fields=["buyer_domain"], condition=~Q(buyer_domain=""), name="advocacy_encounter_domain"),
        ]
        triggers = [counts_versions()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {wording.day(self.occurred_at)}"
