"""How a draft of weights would score, and how good predictions of willingness were. `readiness` sections 4 and 7."""

from __future__ import annotations

from django.db import models

from accounts.models import Team, User
from advocacy.choices import Use
from advocacy.models.readiness import ReadinessModel
from advocacy.querysets import WeightsQuerySet
from clg.guards import append_only, known
from clg.history import tracked


@tracked()
class ModelPreview(models.Model):
    """One look at what a weight set would do to the pool; activation needs a fresh one of the same content.

    `counts` is {compared, moved: {1, 5, 10}, mean_change, bands: {before: {after: n}}}. Goes with its draft.
    """

    model = models.ForeignKey(ReadinessModel, on_delete=models.CASCADE, related_name="previews", db_index=False)
    content_sha256 = models.CharField(max_length=64)
    counts = models.JSONField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    objects = WeightsQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        # Activation: the newest preview of this content.
        indexes = [models.Index(fields=["model", "-at"], name="advocacy_modelpreview_newest")]

    def __str__(self) -> str:
        return f"{self.model} looked at"


class CalibrationReport(models.Model):
    """Predicted against actual answers of one use and team (empty: all) over a period. Append-only, one a night.

    `bands` is a list of {from, to, n, mean_predicted, actual, low, high, enough}; figures are shares 0-1, 4 decimals.
    """

    day = models.DateField()
    since = models.DateField()
    until = models.DateField()
    use = models.CharField(max_length=20, choices=Use.choices, blank=True, default="")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    overridden = models.BooleanField(default=False, help_text="asks that passed over a gate, kept apart")
    n = models.PositiveIntegerField()
    mean_predicted = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    actual = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    brier = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    base = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    skill = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    bands = models.JSONField()

    objects = WeightsQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "use", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "use", "team", "overridden"],
                nulls_distinct=False,
                name="%(app_label)s_%(class)s_once",
            ),
            known("use", Use, or_empty=True),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.use or 'all uses'}, {self.day}"
