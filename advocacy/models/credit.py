"""The credit ledger: sets with their lines, and which set holds. `attribution` section 1; guards in the migrations.

Append-only but for the head, which moves to the highest generation. What a line names is never removed, so most keys
carry no constraint of the database (`advocacy/models/attribution.py`).
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.choices import Outcome
from accounts.models import ExchangeRate, Opportunity
from advocacy.choices import (
    Cause,
    ClosedReason,
    SetState,
    Unattributed,
)
from advocacy.models.attribution import (
    AttributionModel,
    AttributionModelVersion,
    AttributionRun,
    OpportunityFact,
    Touch,
)
from advocacy.querysets import (
    CreditHeadQuerySet,
    CreditQuerySet,
    CreditSetQuerySet,
)
from clg import wording
from clg.guards import append_only, known
from clg.models import PublicModel

_PROTECT = models.PROTECT


class CreditSet(models.Model):
    """All credit of one deal under one model, with every resolved input. Append-only; the highest generation holds."""

    run = models.ForeignKey(AttributionRun, on_delete=_PROTECT, db_constraint=False, related_name="credit_sets")
    branch_id = models.BigIntegerField(default=0, db_default=0)
    model = models.ForeignKey(
        AttributionModel, on_delete=_PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    model_version = models.ForeignKey(
        AttributionModelVersion, on_delete=_PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    opportunity = models.ForeignKey(
        Opportunity, on_delete=_PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    generation = models.IntegerField()
    cause = models.CharField(max_length=10, choices=Cause.choices)
    state = models.CharField(max_length=6, choices=SetState.choices)
    closed_reason = models.CharField(max_length=30, choices=ClosedReason.choices, blank=True, default="", db_default="")
    fact = models.ForeignKey(OpportunityFact, on_delete=_PROTECT, db_constraint=False, related_name="+", db_index=False)
    rate = models.ForeignKey(
        ExchangeRate, null=True, on_delete=_PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    as_of = models.DateTimeField()
    anchor_at = models.DateTimeField(null=True)
    milestones = models.JSONField(null=True)
    restart_at = models.DateTimeField(null=True)
    path = ArrayField(models.BigIntegerField(), default=list, help_text="touch ids in order")
    rejected = ArrayField(models.BigIntegerField(), default=list)
    rejected_codes = ArrayField(models.SmallIntegerField(), default=list)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    basis_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, blank=True)
    reporting_minor = models.BigIntegerField(null=True)
    reporting_currency = models.CharField(max_length=3)
    fx_rate = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    fx_on = models.DateField(null=True)
    raw_total = models.DecimalField(max_digits=60, decimal_places=0)
    flags = ArrayField(models.CharField(max_length=30), default=list)
    fingerprint = models.UUIDField()

    objects = CreditSetQuerySet.as_manager()

    class Meta:
        constraints = [
            # Fold, history, the state at a run.
            models.UniqueConstraint(
                fields=["branch_id", "model", "opportunity", "generation"],
                name="%(app_label)s_%(class)s_generation_once",
            ),
            known("cause", Cause),
            known("state", SetState),
            known("closed_reason", ClosedReason, or_empty=True),
            known("outcome", Outcome),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Credit of {wording.day(self.as_of)}, generation {self.generation}"


class Credit(models.Model):
    """One ledger line: the share of a deal's amount that a touch earned, or what nothing earned. Append-only.

    `held` is a bit set: bit i = i-th named position of the version, alphabetical; 0 = none.
    """

    credit_set = models.ForeignKey(CreditSet, on_delete=_PROTECT, related_name="lines", db_index=False)
    line_no = models.IntegerField()
    touch = models.ForeignKey(Touch, null=True, on_delete=_PROTECT, db_constraint=False, related_name="credits")
    unattributed_reason = models.CharField(
        max_length=20, choices=Unattributed.choices, blank=True, default="", db_default=""
    )
    held = models.IntegerField(default=0, db_default=0)
    raw = models.DecimalField(max_digits=60, decimal_places=0)
    credit_micros = models.IntegerField()
    amount_minor = models.BigIntegerField()
    reporting_minor = models.BigIntegerField(null=True)

    objects = CreditQuerySet.as_manager()

    class Meta:
        ordering = ["credit_set_id", "line_no"]
        constraints = [
            models.UniqueConstraint(fields=["credit_set", "line_no"], name="%(app_label)s_%(class)s_line_once"),
            known("unattributed_reason", Unattributed, or_empty=True),
            models.CheckConstraint(
                condition=Q(touch__isnull=False, unattributed_reason="")
                | (Q(touch__isnull=True) & ~Q(unattributed_reason="")),
                name="%(app_label)s_%(class)s_touch_or_reason",
            ),
            models.CheckConstraint(condition=Q(raw__gt=0), name="%(app_label)s_%(class)s_raw_positive"),
            models.CheckConstraint(
                condition=Q(credit_micros__range=(0, 1_000_000)),
                name="%(app_label)s_%(class)s_micros_range",
            ),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"line {self.line_no} of set {self.credit_set_id}"


class CreditHead(PublicModel):
    """The stored "current" of the live ledger: which set holds for (model, deal). Its only mutable part."""

    PUBLIC_PREFIX: ClassVar[str] = "att"
    CHANGEABLE: ClassVar = ("credit_set", "generation")

    model = models.ForeignKey(
        AttributionModel, on_delete=_PROTECT, db_constraint=False, related_name="heads", db_index=False
    )
    opportunity = models.ForeignKey(Opportunity, on_delete=_PROTECT, db_constraint=False, related_name="credit_heads")
    credit_set = models.OneToOneField(CreditSet, on_delete=_PROTECT, db_constraint=False, related_name="head")
    generation = models.IntegerField()

    objects = CreditHeadQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            # Allocator, summaries.
            models.UniqueConstraint(fields=["model", "opportunity"], name="%(app_label)s_%(class)s_one_current")
        ]

    def __str__(self) -> str:
        return f"credit of deal {self.opportunity_id}"
