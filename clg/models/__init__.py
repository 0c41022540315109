"""Tables of the ground floor. They keep a user, client or contact as text or keyed hash, never as a foreign key."""

from clg.models.audit import AuditDigest, SecurityLog
from clg.models.base import PublicModel
from clg.models.events import ConsumerFailure, FeedConsumer, FeedState, OutboxEvent, SweepTick
from clg.models.requests import IdempotencyKey, RateBucket
from clg.models.saved_filter import SavedFilter

__all__ = [
    "AuditDigest",
    "ConsumerFailure",
    "FeedConsumer",
    "FeedState",
    "IdempotencyKey",
    "OutboxEvent",
    "PublicModel",
    "RateBucket",
    "SavedFilter",
    "SecurityLog",
    "SweepTick",
]
