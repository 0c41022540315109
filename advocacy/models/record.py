"""What outside sources said of records of their own. `crm-sync` section 3, `attribution` section 7."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import CrmSource
from advocacy.choices import RecordType
from clg.guards import known


class RecordKey(models.Model):
    """A source's own id of an activity or encounter: when it said what, and whether it deleted it.

    Born with the first item of that id, also a delete of one that never came; kept for ever, so that a late old item
    does not raise the dead. The record has the same name: `crm:<slug>` and the id.
    """

    source = models.ForeignKey(CrmSource, on_delete=models.PROTECT, related_name="+", db_index=False)
    record_type = models.CharField(max_length=10, choices=RecordType.choices)
    external_id = models.CharField(max_length=255, db_collation="C")
    is_deleted = models.BooleanField(default=False, db_default=False)
    clocks = ArrayField(
        models.BigIntegerField(null=True),
        default=list,
        help_text="a pair for each place of advocacy/records/forms.py, NULL where never set",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "record_type", "external_id"], name="%(app_label)s_%(class)s_once"
            ),
            known("record_type", RecordType),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.external_id}"
