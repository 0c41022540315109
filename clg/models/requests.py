"""What the doors remember of requests: idempotency answers and rate buckets. `crm-sync` sections 1 and 7."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class IdempotencyKey(models.Model):
    """The stored answer of one keyed request, replayed byte for byte for seven days."""

    principal = models.CharField(max_length=100, help_text="client:7 or user:3")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.SmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField(help_text="encrypted with FIELD_KEYS: it may hold a secret that is shown once")
    refs = ArrayField(models.CharField(max_length=40), default=list, help_text="public ids touched")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="%(app_label)s_%(class)s_once")]
        indexes = [models.Index(fields=["expires_at"], name="clg_idempotencykey_purge")]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"


class RateBucket(models.Model):
    """A token bucket. The table is UNLOGGED: after a crash everybody starts with a full one."""

    key = models.CharField(max_length=120, primary_key=True)
    tokens = models.FloatField()
    refilled_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
