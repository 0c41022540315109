"""Import jobs: a file of a source on its way in, its checkpoints, and how foreign files are read. `crm-sync` 11."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.choices import ImportFormat, ImportOperation, ImportState, ObjectType
from accounts.models.sync import CrmSource
from accounts.querysets import ImportJobQuerySet, ImportPresetQuerySet
from clg.guards import known
from clg.history import tracked
from clg.models import PublicModel

# What a file may hold that is no error. `unknown_stages`: stage -> rows.
NO_WARNINGS: Final[dict[str, Any]] = {
    "unmapped_columns": [],
    "unknown_stages": {},
    "values_left_out": 0,
    "merged_ids": 0,
    "merged_rows": 0,
    "merges_refused": 0,
}


@tracked()
class ImportPreset(models.Model):
    """How the files of one kind of CRM are read: columns, transforms, maps, as the TOML of a mapping file says it.

    Shipped ones stand in `accounts/sync/presets/` and are brought here, read-only, by each migration; people copy one
    and change the copy. A job keeps the rules it began with, so changing or deleting a preset moves no job.
    """

    name = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True, default="")
    rules = models.JSONField(default=dict)
    is_shipped = models.BooleanField(default=False, editable=False)

    objects = ImportPresetQuerySet.as_manager()

    class Meta:
        verbose_name = "preset"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ImportJob(PublicModel):
    """One file of accounts, contacts or deals: opened, its data uploaded, started, read chunk by chunk to its end.

    Born at the API, in the admin or by `import_crm`; never deleted. The file goes 7 days after the end, the results of
    its lines after 30. While it runs, whoever holds the lease works; `fence` refuses a worker that lost it.
    """

    PUBLIC_PREFIX: ClassVar[str] = "imp"
    # By what its rows are called in addresses and mappings.
    TYPES: ClassVar[dict[str, str]] = {
        "accounts": ObjectType.ACCOUNT,
        "contacts": ObjectType.CONTACT,
        "opportunities": ObjectType.OPPORTUNITY,
    }

    source = models.ForeignKey(CrmSource, on_delete=models.PROTECT, related_name="import_jobs")
    object_type = models.CharField("object", max_length=20, choices=ObjectType.choices)
    file_format = models.CharField("format", max_length=10, choices=ImportFormat.choices, default=ImportFormat.CSV)
    operation = models.CharField(max_length=20, choices=ImportOperation.choices, default=ImportOperation.UPSERT)
    preset = models.CharField(max_length=60, blank=True, default="", help_text="name at the start")
    rules = models.JSONField(default=dict, help_text="the preset with the job's own mapping, as of the start")
    default_clock = models.DateTimeField(null=True, blank=True, help_text="the clock of rows without one")
    is_dry_run = models.BooleanField("dry run", default=False)
    actor = models.CharField(max_length=100, help_text="user:3, client:7, command")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    file_name = models.CharField(max_length=200, blank=True, default="")
    upload = models.CharField(max_length=80, blank=True, default="", help_text="name in the private storage")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    size = models.BigIntegerField(default=0, help_text="bytes")
    form = models.JSONField(default=dict, help_text="how the file is written, as found by the first pass")
    uploaded_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.OPEN)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    failure_code = models.CharField(max_length=60, blank=True, default="")
    failure = models.TextField(blank=True, default="")

    total = models.PositiveIntegerField(default=0, help_text="rows of the file")
    processed = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="rows by outcome")
    codes = models.JSONField(default=dict, help_text="errors by code")
    warnings = models.JSONField(default=dict)

    # The checkpoint: where the next chunk begins.
    next_byte = models.BigIntegerField(default=0)
    next_line = models.PositiveIntegerField(default=0, help_text="lines of the file read so far")

    taken_at = models.DateTimeField(null=True, blank=True, help_text="when its turn came")
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="since the last checkpoint")

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        ordering = ["-id"]
        constraints = [
            known("state", ImportState),
            known("object_type", ObjectType),
            known("file_format", ImportFormat),
            known("operation", ImportOperation),
            models.CheckConstraint(condition=Q(processed__lte=F("total")), name="%(app_label)s_%(class)s_adds_up"),
            # One at a time of a source and object; the others wait.
            models.UniqueConstraint(
                fields=["source", "object_type"],
                condition=Q(state="running", taken_at__isnull=False),
                name="%(app_label)s_%(class)s_one_at_a_time",
            ),
        ]
        indexes = [
            # Read by the worker that looks for work: few rows at any time.
            models.Index(fields=["started_at"], condition=Q(state="running"), name="accounts_importjob_due")
        ]

    def __str__(self) -> str:
        return self.file_name or self.name_outside

    @property
    def noun(self) -> str:
        """What the rows are: accounts, contacts or opportunities."""
        return next(noun for noun, kind in self.TYPES.items() if kind == self.object_type)

    @property
    def failed(self) -> int:
        """Rows that were refused."""
        return int(self.counts.get("failed", 0))

    @property
    def successful(self) -> int:
        return self.processed - self.failed

    @property
    def unprocessed(self) -> int:
        return self.total - self.processed

    def rows_per_second(self, at: dt.datetime) -> float | None:
        """Rows since its turn came, waits between its workers included; None before the first checkpoint."""
        if self.taken_at is None or not self.processed:
            return None
        seconds = ((self.finished_at or at) - self.taken_at).total_seconds()
        return self.processed / max(seconds, 0.001)

    def eta_seconds(self, at: dt.datetime) -> int | None:
        """How long the rest will take at the pace so far; None when it is not running or nobody can tell."""
        pace = self.rows_per_second(at)
        if pace is None or self.state != ImportState.RUNNING:
            return None
        return math.ceil(self.unprocessed / pace)

    @property
    def told_failure(self) -> dict[str, str] | None:
        """Code and sentence of what ended a failed job."""
        return {"code": self.failure_code, "detail": self.failure} if self.failure_code else None

    @property
    def told_warnings(self) -> dict[str, Any]:
        """Every kind of warning, also those that nothing was found for."""
        return {**NO_WARNINGS, **self.warnings}

    @property
    def summary(self) -> dict[str, Any]:
        """The numbers of the job: `total` is the sum of `successful`, `failed` and `unprocessed`."""
        return {
            "total": self.total,
            "processed": self.processed,
            "successful": self.successful,
            "failed": self.failed,
            "unprocessed": self.unprocessed,
            "counts": dict(sorted(self.counts.items())),
            "codes": dict(sorted(self.codes.items())),
        }


class ImportChunk(models.Model):
    """A checkpoint of a job: some thousand lines that were merged in the transaction which wrote this row.

    Appended only; the results, one line of JSON a row of the file, go 30 days after the end of the job.
    """

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    byte_start = models.BigIntegerField()
    byte_end = models.BigIntegerField()
    first_line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    counts = models.JSONField(default=dict, help_text="rows by outcome")
    results = models.BinaryField(null=True, help_text="ndjson, gzipped")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(byte_start__lte=F("byte_end"), first_line__lte=F("last_line"), rows__gt=0),
                name="%(app_label)s_%(class)s_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.job_id}"
