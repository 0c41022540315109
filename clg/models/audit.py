"""The security log: who did what that touches rights, secrets or personal data. `security` section 9."""

from __future__ import annotations

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
