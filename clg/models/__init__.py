"""Tables of the ground floor. They keep a user, client or contact as text or keyed hash, never as a foreign key."""

from clg.models.audit import AuditDigest, SecurityLog
from clg.models.base import PublicModel, VersionedModel
from clg.models.events import ConsumerFailure, FeedConsumer, FeedState, OutboxEvent, SweepTick
from clg.models.leases import LeasedWork
from clg.models.requests import IdempotencyKey, RateBucket
from clg.models.saved_filter import SavedFilter
from clg.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "AuditDigest",
    "ConsumerFailure",
    "FeedConsumer",
    "FeedState",
    "IdempotencyKey",
    "LeasedWork",
    "OutboxEvent",
    "PublicModel",
    "RateBucket",
    "SavedFilter",
    "SecurityLog",
    "SweepTick",
    "WebhookDelivery",
    "WebhookEndpoint",
    "VersionedModel",
]
