"""The security log, and the digests that would show a change of what is kept. `security` section 9."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from clg.guards import append_only


class SecurityLog(models.Model):
    """One event worth an auditor's eye. Append-only for every role; people are ids, never names."""

    at = models.DateTimeField(db_default=Now())
    event = models.CharField(max_length=60)
    actor = models.CharField(max_length=100, default="", blank=True, help_text="user:3, client:7, system")
    object_type = models.CharField(max_length=60, default="", blank=True)
    object_id = models.CharField(max_length=60, default="", blank=True)
    request_id = models.CharField(max_length=32, default="", blank=True)
    result = models.CharField(max_length=40, default="ok")
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "log entry"
        verbose_name_plural = "log entries"
        indexes = [models.Index(fields=["-at"], name="clg_securitylog_recent")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.event} by {self.actor}"


class AuditDigest(models.Model):
    """What one table of the audit trail held of one day, in a hash that stands on the day before.

    Born every night for the day that ended; append-only. Who changes a kept row past the guards, or takes one away,
    cannot make the chain right again, as each night's digests are in the log too.
    """

    trail = models.CharField(max_length=63, help_text="table")
    on = models.DateField()
    columns = ArrayField(models.CharField(max_length=63), help_text="what the table had then, in hashing order")
    rows = models.BigIntegerField()
    digest = models.BinaryField(max_length=32, help_text="SHA-256 over the rows of the day")
    chain = models.BinaryField(max_length=32, help_text="SHA-256 over the chain before and the digest")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trail", "on"], name="%(app_label)s_%(class)s_once_a_day")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.trail} {self.on}"
