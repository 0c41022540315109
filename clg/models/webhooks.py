"""Who wants to be told of events, and what was told whom. `crm-sync` section 10."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from clg.choices import DisabledReason, EndpointState, WorkState
from clg.guards import known
from clg.history import tracked
from clg.models.base import PublicModel
from clg.models.events import OutboxEvent
from clg.models.leases import LeasedWork
from clg.querysets.webhook import DeliveryQuerySet, EndpointQuerySet


@tracked(
    exclude=["secret", "former_secret", "consecutive_failures", "last_success_at", "last_attempt_at", "paused_until"]
)
class WebhookEndpoint(PublicModel):
    """One address that is told of events by signed calls.

    Born `pending`, `active` once a signed ping got a 2xx, `disabled` by a person, a 410 or three days of failures.
    It ends with its owner's DELETE, and its deliveries with it. The owner is text: this floor knows no clients.
    """

    PUBLIC_PREFIX: ClassVar[str] = "whe"

    owner = models.CharField(max_length=100, help_text="client:7 or user:3")
    url = models.CharField(max_length=500, verbose_name="URL")
    description = models.CharField(max_length=200, default="", blank=True)
    event_types = ArrayField(models.CharField(max_length=80), help_text="attribution.updated, referral.*")
    exclude_own = models.BooleanField(default=True, help_text="leave out what the owner itself changed")
    state = models.CharField(max_length=10, choices=EndpointState.choices, default=EndpointState.PENDING)
    disabled_reason = models.CharField(max_length=10, choices=DisabledReason.choices, default="", blank=True)
    secret = models.BinaryField(help_text="encrypted with FIELD_KEYS")
    former_secret = models.BinaryField(null=True, help_text="signs too until former_until")
    former_until = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    active_since = models.DateTimeField(null=True)
    # What is owed: events behind `live_from`, of the types that the owner may hear, as the last fan-out knew them.
    live_from = models.BigIntegerField(default=0, help_text="events up to this position are not sent")
    owed_from = models.BigIntegerField(default=0, help_text="the present choice of events holds from behind here")
    shared_types = ArrayField(models.CharField(max_length=80), default=list)
    private_types = ArrayField(models.CharField(max_length=80), default=list, help_text="of its own source alone")
    source = models.CharField(max_length=100, default="", help_text="slug")
    consecutive_failures = models.IntegerField(default=0)
    last_success_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook endpoint"
        constraints = [
            known("state", EndpointState),
            known("disabled_reason", DisabledReason, or_empty=True),
            models.CheckConstraint(
                condition=Q(former_secret=None, former_until=None)
                | Q(former_secret__isnull=False, former_until__isnull=False),
                name="%(app_label)s_%(class)s_former_ends",
            ),
        ]
        indexes = [models.Index(fields=["owner"], name="clg_webhookendpoint_owner")]

    def __str__(self) -> str:
        return self.description or self.url

    def is_paused(self, at: dt.datetime) -> bool:
        return self.paused_until is not None and self.paused_until > at


class WebhookDelivery(PublicModel, LeasedWork):
    """One event, a ping or a repetition, on its way to one endpoint. Kept 30 days.

    Born of the fan-out (cause empty), of a ping or of a replay; `done` after a 2xx, `dead` when the schedule is over.
    """

    PUBLIC_PREFIX: ClassVar[str] = "whd"

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(
        OutboxEvent, on_delete=models.CASCADE, null=True, related_name="+", help_text="null for a ping"
    )
    cause = models.CharField(
        max_length=60, default="", db_default="", blank=True, help_text="empty, ping:..., replay:..."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    attempted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField(null=True, help_text="of the last answer")
    latency_ms = models.IntegerField(null=True)
    error = models.CharField(max_length=40, default="", db_default="", blank=True, help_text="why there was no answer")
    answer = models.TextField(default="", db_default="", blank=True, help_text="first 1 kB of the last answer")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event", "cause"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(event__isnull=False) | Q(cause__startswith="ping:"),
                name="%(app_label)s_%(class)s_event_or_ping",
            ),
            known("state", WorkState),
        ]
        indexes = [
            # The next piece of work of an endpoint.
            models.Index(
                fields=["endpoint", "run_after", "id"],
                condition=Q(state__in=[WorkState.PENDING, WorkState.LEASED]),
                name="clg_webhookdelivery_due",
            ),
            # Deliveries of an endpoint by age, and the purge.
            models.Index(fields=["endpoint", "-id"], name="clg_webhookdelivery_newest"),
            models.Index(fields=["created_at"], name="clg_webhookdelivery_purge"),
        ]

    def __str__(self) -> str:
        return self.event.type if self.event else "webhook.ping"

    @property
    def is_ping(self) -> bool:
        return self.event_id is None

    @property
    def message_id(self) -> str:
        """What a receiver knows it by, equal over attempts and replays: the event's id, of a ping its own."""
        return self.event.name_outside if self.event else self.name_outside
