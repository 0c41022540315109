"""The outbox: one row a business event, written in the transaction of the change. `crm-sync` sections 8 and 9."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from clg.choices import OriginKind
from clg.guards import known
from clg.models.base import PublicModel
from clg.querysets.consumer import ConsumerQuerySet


class OutboxEvent(PublicModel):
    """One thing that happened, in ids and field names only, never personal data.

    Born in the transaction of the change (`clg.events.outbox.emit` or INSERT ... SELECT); numbered after commit, so
    that positions are dense and no reader passes one over; deleted 30 days later, behind every consumer.
    """

    PUBLIC_PREFIX: ClassVar[str] = "evt"

    type = models.CharField(max_length=80)
    object_type = models.CharField(max_length=40)
    object_id = models.UUIDField(help_text="public_id of the object")
    version = models.BigIntegerField(null=True)
    changed_fields = ArrayField(models.CharField(max_length=60), default=list, db_default=[])
    refs = models.JSONField(default=dict, db_default={}, help_text="object type -> public_id in hex")
    origin_kind = models.CharField(
        max_length=20, choices=OriginKind.choices, default=OriginKind.SYSTEM, db_default=OriginKind.SYSTEM
    )
    origin_source = models.CharField(max_length=100, default="", db_default="")
    origin_actor = models.CharField(max_length=100, default="", db_default="", help_text="client:7, user:3")
    trace_id = models.CharField(max_length=255, default="", db_default="")
    occurred_at = models.DateTimeField(db_default=Now())
    position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["type", "object_type", "object_id", "version"],
                condition=models.Q(version__isnull=False),
                name="%(app_label)s_%(class)s_once_a_version",
            ),
            known("origin_kind", OriginKind),
        ]
        indexes = [
            # Read by the numbering step: rows without position, in id order.
            models.Index(fields=["id"], condition=models.Q(position=None), name="clg_outboxevent_unnumbered")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.name_outside}"


class FeedState(models.Model):
    """The one row that numbers the outbox: its epoch, the last position given, the last one whose event is gone."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(default=uuid.uuid4)
    last_position = models.BigIntegerField(default=0)
    purged_position = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="%(app_label)s_%(class)s_one_row")]

    def __str__(self) -> str:
        return f"epoch {self.epoch} at {self.last_position}"


class FeedConsumer(models.Model):
    """How far one internal reader of the outbox has come, and the lease of whoever reads for it now."""

    name = models.CharField(max_length=80, unique=True)
    position = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    last_error = models.TextField(default="", blank=True)

    objects = ConsumerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class ConsumerFailure(models.Model):
    """A poison event that a consumer could not handle eight times; the rest of the range goes on without it."""

    consumer = models.ForeignKey(FeedConsumer, on_delete=models.CASCADE, related_name="failures")
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="+")
    error = models.TextField()
    failed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consumer", "event"], name="%(app_label)s_%(class)s_once_an_event")
        ]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.event.type}"


class SweepTick(models.Model):
    """One claimed turn of one periodic job, so that two beats do no harm. Purged after a day."""

    job = models.CharField(max_length=80)
    tick = models.BigIntegerField(help_text="whole intervals since 1970")
    claimed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "tick"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.job} {self.tick}"
