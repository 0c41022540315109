"""Readiness: weight sets, each champion's score now and before, the queue of work. `readiness` 3.1, 4, 9."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.choices import SIGNAL_KIND_CHOICES, SIGNAL_KINDS
from accounts.models import User
from advocacy.choices import BASE_LOG_ODDS, Band, MarkReason, MissingRule, ScoreCause, WeightSetState
from advocacy.models.champion import Champion
from advocacy.querysets import ReadinessQuerySet, WeightsQuerySet
from clg.guards import append_only, known
from clg.history import tracked


def default_coefficients() -> dict[str, str]:
    """What willingness starts with: the sign of each is fixed, its size is a guess that calibration checks."""
    return {
        "preference": "0.8",
        "history": "2.0",
        "relationship": "0.7",
        "nps": "0.3",
        "conflict": "-0.6",
        "fatigue": "-0.9",
    }


def default_base_log_odds() -> dict[str, str]:
    """Log-odds of the base acceptance of each use that can be asked; table 6.1, starting guesses."""
    return dict(BASE_LOG_ODDS)


@tracked()
class ReadinessModel(models.Model):
    """One version of the weights and band limits. Drafts are edited; active and retired ones are frozen by trigger."""

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=WeightSetState.choices, default=WeightSetState.DRAFT)
    reason = models.TextField(blank=True, default="")
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    activated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    activated_at = models.DateTimeField(null=True, blank=True)
    ready_from = models.DecimalField(max_digits=5, decimal_places=2, default=70)
    warming_from = models.DecimalField(max_digits=5, decimal_places=2, default=50)
    min_confidence = models.DecimalField(max_digits=5, decimal_places=2, default=40)
    history_threshold = models.DecimalField(max_digits=5, decimal_places=2, default=1)
    coefficients = models.JSONField(default=default_coefficients, help_text="of willingness, by term")
    base_log_odds = models.JSONField(default=default_base_log_odds, help_text="of accepting, by use")

    objects = WeightsQuerySet.as_manager()

    class Meta:
        verbose_name = "weight set"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="active"), name="%(app_label)s_%(class)s_one_active"
            ),
            models.CheckConstraint(
                condition=Q(ready_from__gt=models.F("warming_from")),
                name="%(app_label)s_%(class)s_bands_in_order",
            ),
            known("state", WeightSetState),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=~pgtrigger.Q(old__state="draft"),
                declare=[("before", "advocacy_readinessmodel%ROWTYPE")],
                # The one change left to an active version is that it retires.
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.state = 'active' AND NEW.state = 'retired' THEN
                        before := NEW;
                        before.state := 'active';
                        IF before IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
                    END IF;
                    RAISE EXCEPTION '% refused: weight set % is frozen', TG_OP, OLD.version
                        USING ERRCODE = 'restrict_violation';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"Weights v{self.version}"


@tracked()
class ReadinessWeight(models.Model):
    """The weight of one kind of signal in one version; `half_life_days` is empty for what does not decay."""

    model = models.ForeignKey(ReadinessModel, on_delete=models.CASCADE, related_name="weights")
    kind = models.CharField(max_length=20, choices=SIGNAL_KIND_CHOICES)
    weight = models.PositiveSmallIntegerField()
    half_life_days = models.PositiveSmallIntegerField(null=True, blank=True)
    missing = models.CharField(max_length=10, choices=MissingRule.choices, default=MissingRule.REWEIGHT)

    class Meta:
        ordering = ["-weight", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["model", "kind"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(weight__range=(0, 100)), name="%(app_label)s_%(class)s_weight_range"),
            models.CheckConstraint(
                condition=Q(half_life_days__isnull=True) | Q(half_life_days__range=(7, 3650)),
                name="%(app_label)s_%(class)s_half_life_range",
            ),
            known("missing", MissingRule),
            known("kind", SIGNAL_KINDS),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM advocacy_readinessmodel m
                         WHERE m.state <> 'draft'
                           AND m.id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.model_id END,
                                        CASE WHEN TG_OP <> 'DELETE' THEN NEW.model_id END)
                    ) THEN
                        RAISE EXCEPTION '% refused: the weight set is frozen', TG_OP
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.weight}"


class ReadinessDecay(models.Model):
    """round(0.5 ^ (7 weeks / half-life), 6) in millionths, filled once by numeric `power`; no floats anywhere."""

    half_life_days = models.PositiveSmallIntegerField()
    weeks = models.PositiveSmallIntegerField()
    decay_micros = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["half_life_days", "weeks"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.half_life_days} d, {self.weeks} weeks"


class Readiness(models.Model):
    """The current score of one champion with its parts. Written by the scoring job alone; a cache, replaced in place.

    `parts` is a list of objects {kind, weight, value, raw, observed_at, signal_id, decay, points, origin}; decimals are
    strings; points sum to the score exactly. A champion without any signal has score NULL.
    """

    champion = models.OneToOneField(Champion, on_delete=models.CASCADE, related_name="readiness")
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    coverage = models.DecimalField(max_digits=5, decimal_places=2)
    confidence = models.DecimalField(max_digits=5, decimal_places=2)
    band = models.CharField(max_length=10, choices=Band.choices)
    parts = models.JSONField()
    terms = models.JSONField(default=list, db_default=[], help_text="terms of willingness, by the same job")
    scored_week = models.DateField(help_text="the Monday scored at")
    model = models.ForeignKey(ReadinessModel, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = ReadinessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "readiness"
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(0, 100)),
                name="%(app_label)s_%(class)s_score_range",
            ),
            models.CheckConstraint(
                condition=Q(coverage__range=(0, 100), confidence__range=(0, 100)),
                name="%(app_label)s_%(class)s_shares_range",
            ),
            known("band", Band),
        ]
        indexes = [
            models.Index(fields=["band", "-score"], name="advocacy_readiness_list"),
            # The scoring job: rows of an earlier week or of another weight set.
            models.Index(fields=["model", "scored_week"], name="advocacy_readiness_due"),
        ]

    def __str__(self) -> str:
        return "—" if self.score is None else str(self.score)


class ReadinessChange(models.Model):
    """One move of a score worth remembering: by a full point, into another band, or the first. Append-only."""

    champion = models.ForeignKey(Champion, on_delete=models.CASCADE, related_name="readiness_changes")
    at = models.DateTimeField()
    old_score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    new_score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    old_band = models.CharField(max_length=10, choices=Band.choices, blank=True, default="")
    new_band = models.CharField(max_length=10, choices=Band.choices)
    parts = models.JSONField()
    cause = models.CharField(max_length=10, choices=ScoreCause.choices)
    model = models.ForeignKey(ReadinessModel, on_delete=models.PROTECT, related_name="+")

    objects = ReadinessQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [known("old_band", Band, or_empty=True), known("new_band", Band), known("cause", ScoreCause)]
        indexes = [models.Index(fields=["champion", "-id"], name="advocacy_readinesschange_last")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.old_score} -> {self.new_score}"


class ReadinessDirty(models.Model):
    """Work for the scoring job: an append-only queue without unique keys, so writers never wait for each other."""

    account_id = models.BigIntegerField()
    contact_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=20, choices=MarkReason.choices)
    due_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [known("reason", MarkReason)]
        indexes = [models.Index(fields=["due_at"], name="advocacy_readinessdirty_due")]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.contact_id}: {self.reason}"


__all__ = [
    "Readiness",
    "ReadinessChange",
    "ReadinessDecay",
    "ReadinessDirty",
    "ReadinessModel",
    "ReadinessWeight",
]
