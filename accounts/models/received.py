"""What sources sent: figures by the hour, and stages that nobody has mapped. `crm-sync` section 14."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.choices import ObjectType
from accounts.models.sync import CrmSource
from accounts.querysets import ReceivedHourQuerySet, UnmappedStageQuerySet
from clg.guards import known


class ReceivedHour(models.Model):
    """What one source sent of one kind of object in one hour: items by outcome, refused ones by code.

    Born with the first batch of the hour, added to by each later one at the end of its own transaction, so it counts
    what was stored and nothing else; a batch undone as a whole is counted after it was undone. Gone after 400 days,
    but for the newest of each kind, which holds when the source was last heard.
    """

    source = models.ForeignKey(CrmSource, on_delete=models.CASCADE, related_name="received_hours")
    object_type = models.CharField(max_length=20, choices=ObjectType.choices)
    hour = models.DateTimeField(help_text="its first moment, UTC")
    counts = models.JSONField(default=dict, help_text="outcome -> items")
    refused = models.JSONField(default=dict, help_text="code -> failed items, each under its first code")
    received_at = models.DateTimeField(help_text="the last batch")
    clock = ArrayField(models.BigIntegerField(), size=2, null=True, help_text="newest of the hour, as a pair")

    objects = ReceivedHourQuerySet.as_manager()

    class Meta:
        constraints = [
            known("object_type", ObjectType),
            # Read by the status of a source (the hours of a week) and by the chart of its page (14 days).
            models.UniqueConstraint(fields=["source", "object_type", "hour"], name="%(app_label)s_%(class)s_once"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.hour:%Y-%m-%d %H}"


class UnmappedStage(models.Model):
    """A stage that a source sent without an outcome and that no stage map told us the outcome of: such deals are open.

    Born with the first such item; passed over once the source's stage map names the stage.
    """

    source = models.ForeignKey(CrmSource, on_delete=models.CASCADE, related_name="unmapped_stages")
    stage = models.CharField(max_length=100)
    items = models.BigIntegerField(default=0, help_text="items that brought it")
    first_received_at = models.DateTimeField()
    received_at = models.DateTimeField(help_text="the last such item")

    objects = UnmappedStageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "stage"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return self.stage
