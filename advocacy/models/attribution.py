"""Touches, facts, models, runs and marks; the credit ledger is `credit.py`. `attribution` section 1.

*Versioned*: rows are inserted, `superseded_at` is set once, current = it is null.
*Append-only*: a trigger refuses UPDATE, DELETE and TRUNCATE for every role.
`CHANGEABLE` names what else the rights of the application's database role leave open (`clg.database_roles`).
References of the ledger carry `db_constraint=False`: guards check them by statement, and what they name is never
removed (migration 0009). Only the line's reference to its set is a deferred foreign key, for lines come first.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.choices import OpportunityKind, Outcome
from accounts.models import Account, Opportunity, User
from advocacy.choices import (
    MASS_HEADS,
    ActivityKind,
    Cause,
    Dedupe,
    EncounterKind,
    Family,
    Question,
    Rung,
    RunKind,
    RunStatus,
    Side,
    TouchRole,
    VoidReason,
)
from advocacy.models.activity import Activity, Encounter
from advocacy.models.champion import Champion
from advocacy.querysets import (
    AttributionReadQuerySet,
    DirtyQuerySet,
    ModelQuerySet,
    RunQuerySet,
    TouchQuerySet,
)
from clg import wording
from clg.guards import append_only, counts_versions, known
from clg.history import tracked
from clg.models import PublicModel, VersionedModel

_PROTECT = models.PROTECT


class Touch(PublicModel):
    """An encounter tied to a deal, with the rung that tied it. Versioned; written by the matcher alone."""

    PUBLIC_PREFIX: ClassVar[str] = "tou"
    CHANGEABLE: ClassVar = ("superseded_at",)

    encounter = models.ForeignKey(Encounter, on_delete=_PROTECT, related_name="touches", db_index=False)
    opportunity = models.ForeignKey(Opportunity, on_delete=_PROTECT, related_name="touches", db_index=False)
    activity = models.ForeignKey(Activity, on_delete=_PROTECT, related_name="touches", db_index=False)
    activity_kind = models.CharField(max_length=30, choices=ActivityKind.choices)
    champion = models.ForeignKey(Champion, on_delete=_PROTECT, related_name="touches", db_index=False)
    asset_key = models.CharField(max_length=60, blank=True, default="", db_default="")
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=EncounterKind.choices)
    role = models.CharField(max_length=12, choices=TouchRole.choices)
    rung = models.SmallIntegerField(choices=Rung.choices)
    side = models.CharField(max_length=6, choices=Side.choices)
    source = models.CharField(max_length=100)
    weight_hint = models.DecimalField(max_digits=6, decimal_places=3)
    void_reason = models.CharField(max_length=20, choices=VoidReason.choices, blank=True, default="")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    superseded_at = models.DateTimeField(null=True)

    objects = TouchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "touches"
        ordering = ["occurred_at", "activity_id", "encounter_id"]
        constraints = [
            # The matcher's own look-up.
            models.UniqueConstraint(
                fields=["encounter", "opportunity"],
                condition=Q(superseded_at=None),
                name="%(app_label)s_%(class)s_one_current",
            ),
            models.CheckConstraint(condition=Q(rung__range=(1, 6)), name="%(app_label)s_%(class)s_rung_range"),
            known("role", TouchRole),
            known("side", Side),
            known("kind", EncounterKind),
            known("activity_kind", ActivityKind),
            known("void_reason", VoidReason, or_empty=True),
        ]
        indexes = [
            # Allocator; clock rule; withdrawal and activity page; champion page.
            models.Index(fields=["opportunity"], condition=Q(superseded_at=None), name="advocacy_touch_deal"),
            models.Index(fields=["occurred_at"], condition=Q(superseded_at=None), name="advocacy_touch_clock"),
            # Not only the current ones: a line of the ledger may name the version that stood when it was written.
            models.Index(fields=["activity"], name="advocacy_touch_activity"),
            models.Index(fields=["champion"], name="advocacy_touch_champion"),
        ]

    def __str__(self) -> str:
        return f"{self.get_activity_kind_display()} met a deal on {wording.day(self.occurred_at)}"


class OpportunityFact(models.Model):
    """The columns of a deal that credit depends on. Versioned; written by a trigger on the deal table."""

    CHANGEABLE: ClassVar = ("superseded_at",)

    opportunity = models.ForeignKey(Opportunity, on_delete=_PROTECT, related_name="facts", db_index=False)
    account = models.ForeignKey(Account, null=True, on_delete=_PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=OpportunityKind.choices, blank=True)
    amount = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    currency = models.CharField(max_length=3, blank=True)
    opened_at = models.DateTimeField()
    opened_is_estimated = models.BooleanField()
    lead_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_is_estimated = models.BooleanField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    is_deleted = models.BooleanField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Allocator.
            models.UniqueConstraint(
                fields=["opportunity"], condition=Q(superseded_at=None), name="%(app_label)s_%(class)s_one_current"
            ),
            known("kind", OpportunityKind, or_empty=True),
            known("outcome", Outcome),
        ]
        indexes = [
            models.Index(fields=["opportunity", "recorded_at"], name="advocacy_oppfact_then"),
            # Restart rule: the latest won deal of the account closed before.
            models.Index(
                fields=["account", "closed_at"],
                condition=Q(superseded_at=None, outcome="won"),
                name="advocacy_oppfact_restart",
            ),
            # A new rate finds the deals it can serve.
            models.Index(
                fields=["currency", "closed_at", "opened_at"],
                condition=Q(superseded_at=None),
                name="advocacy_oppfact_rate",
            ),
        ]

    def __str__(self) -> str:
        return f"deal {self.opportunity_id} as recorded {self.recorded_at:%Y-%m-%d}"


@tracked()
class AttributionModel(VersionedModel):
    """One way to divide credit, answering one question. Made by migration or by marketers; retired, never deleted."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    question = models.CharField(max_length=12, choices=Question.choices)
    description = models.TextField(blank=True, default="")
    is_active = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    current_version = models.ForeignKey(
        "advocacy.AttributionModelVersion", null=True, blank=True, on_delete=_PROTECT, related_name="+"
    )

    objects = ModelQuerySet.as_manager()

    class Meta:
        verbose_name = "model"
        ordering = ["question", "-is_default", "-is_active", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["question"],
                condition=Q(is_default=True),
                name="%(app_label)s_%(class)s_one_default",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True),
                name="%(app_label)s_%(class)s_default_is_active",
            ),
            known("question", Question),
        ]
        triggers = [counts_versions()]

    def __str__(self) -> str:
        return self.name


class AttributionModelVersion(models.Model):
    """One rule of a model, with every choice it makes. Append-only."""

    model = models.ForeignKey(AttributionModel, on_delete=_PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    family = models.CharField(max_length=20, choices=Family.choices)
    parameters = models.JSONField(default=dict, blank=True)
    anchor = models.CharField(
        max_length=110, validators=[RegexValidator(r"^(opened|closed|stage:.+)$")], default="closed"
    )
    window_days = models.PositiveSmallIntegerField(default=180)
    dedupe = models.CharField(max_length=10, choices=Dedupe.choices, default=Dedupe.COLLAPSE)
    rungs = ArrayField(models.SmallIntegerField(choices=Rung.choices))
    sides = ArrayField(models.CharField(max_length=6, choices=Side.choices))
    opportunity_kinds = ArrayField(models.CharField(max_length=20, choices=OpportunityKind.choices))
    activity_kinds = ArrayField(models.CharField(max_length=30, choices=ActivityKind.choices), null=True, blank=True)
    use_hint = models.BooleanField(default=False)
    note = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=_PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AttributionReadQuerySet.as_manager()

    class Meta:
        ordering = ["model", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="%(app_label)s_%(class)s_number_once"),
            models.CheckConstraint(
                condition=Q(window_days__range=(1, 730)), name="%(app_label)s_%(class)s_window_range"
            ),
            models.CheckConstraint(
                condition=Q(rungs__len__gt=0) & Q(rungs__contained_by=[1, 2, 3, 4, 5, 6]),
                name="%(app_label)s_%(class)s_rungs_allowed",
            ),
            models.CheckConstraint(
                condition=Q(sides__len__gt=0) & Q(sides__contained_by=Side.values),
                name="%(app_label)s_%(class)s_sides_allowed",
            ),
            models.CheckConstraint(
                condition=Q(opportunity_kinds__len__gt=0) & Q(opportunity_kinds__contained_by=OpportunityKind.values),
                name="%(app_label)s_%(class)s_kinds_allowed",
            ),
            models.CheckConstraint(
                condition=Q(activity_kinds=None) | Q(activity_kinds__contained_by=ActivityKind.values),
                name="%(app_label)s_%(class)s_activity_kinds_allowed",
            ),
            known("family", Family),
            known("dedupe", Dedupe),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.model} v{self.number}"


class AttributionRun(PublicModel):
    """One computation: which deals, as of when, with which versions, how far, with what totals.

    `branch_id` 0 is the live branch. After `completed` nothing changes but the freeze, once.
    """

    PUBLIC_PREFIX: ClassVar[str] = "run"
    CHANGEABLE: ClassVar = (
        *("as_of", "model_versions", "input_watermark", "status", "attempt", "deals_total", "rejected_by_reason"),
        *("totals", "started_at", "finished_at", "error", "frozen_name", "frozen_at", "frozen_by"),
    )

    kind = models.CharField(max_length=10, choices=RunKind.choices)
    branch_id = models.BigIntegerField(default=0, db_default=0)
    as_of = models.DateTimeField()
    model_versions = ArrayField(models.BigIntegerField(), default=list)
    input_watermark = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    attempt = models.IntegerField(default=1)
    deals_total = models.IntegerField(default=0)
    rejected_by_reason = models.JSONField(default=dict)
    totals = models.JSONField(default=dict)
    requested_by = models.CharField(max_length=100, default="system")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")
    frozen_name = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001 - unique only when named
    frozen_at = models.DateTimeField(null=True)
    frozen_by = models.ForeignKey(User, null=True, on_delete=_PROTECT, related_name="+", db_index=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = "run"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch_id"], condition=Q(status="running"), name="%(app_label)s_%(class)s_one_running"
            ),
            known("kind", RunKind),
            known("status", RunStatus),
        ]
        indexes = [
            models.Index(fields=["branch_id", "-id"], name="advocacy_attributionrun_list"),
            # The door: what to work on next, however many runs there were.
            models.Index(
                fields=["branch_id", "id"],
                condition=Q(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]),
                name="advocacy_run_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.name_outside[:12]}"

    @property
    def is_mass(self) -> bool:
        """Whether it may move so many heads that its events wait for its end (`attribution.resync_required`)."""
        return self.deals_total * len(self.model_versions) > MASS_HEADS


class AttributionRunRange(models.Model):
    """Progress of one key range of a run: its cursor, counts and heartbeat. The mutable part of a run.

    A full run first matches, by ranges of encounters (`is_matching`; the keys are those of encounters), then
    allocates, by ranges of deals: so no two of its workers ever write touches of one encounter.
    """

    run = models.ForeignKey(AttributionRun, on_delete=models.CASCADE, related_name="ranges", db_index=False)
    number = models.SmallIntegerField()
    from_deal = models.BigIntegerField(default=0)
    to_deal = models.BigIntegerField()
    cursor = models.BigIntegerField(default=0)
    deals_done = models.IntegerField(default=0)
    sets_written = models.IntegerField(default=0)
    lines_written = models.IntegerField(default=0)
    totals = models.JSONField(default=dict)
    is_matching = models.BooleanField(default=False, db_default=False)
    is_done = models.BooleanField(default=False)
    heartbeat_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"range {self.number} of run {self.run_id}"


class AttributionDirty(models.Model):
    """Work to do: a deal, an encounter or an account whose credit may have moved.

    Written by triggers in the writer's own transaction; gone only with the commit of its credit. No uniqueness, so
    that writers never wait for the runner. Without `can_move_touches` the change of the deal (of its amount, say) moves
    credit only and nothing is matched anew.
    """

    opportunity_id = models.BigIntegerField(null=True)
    encounter_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    can_move_touches = models.BooleanField(db_default=True)
    noted_at = models.DateTimeField(db_default=Now())

    objects = DirtyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(opportunity_id__isnull=False, encounter_id=None, account_id=None)
                | Q(opportunity_id=None, encounter_id__isnull=False, account_id=None)
                | Q(opportunity_id=None, encounter_id=None, account_id__isnull=False),
                name="%(app_label)s_%(class)s_one_subject",
            ),
            known("cause", Cause),
        ]

    def __str__(self) -> str:
        return f"{self.cause} mark {self.pk}"
