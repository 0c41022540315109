"""Where a batch of items waits while it is merged. The tables are UNLOGGED: after a crash the batch is sent again."""

# ruff: noqa: DJ001 - here NULL means "not sent", which is not the same as empty

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class StagedItem(models.Model):
    """One checked item of one batch: as it came, then what the plan of the merge found out about it.

    Born by COPY and gone at the end of the same transaction. Masks have one bit a field, at the field's place
    (`accounts/sync/objects.py`).
    """

    pk = models.CompositePrimaryKey("batch_id", "line")
    batch_id = models.BigIntegerField()
    line = models.IntegerField()
    external_id = models.CharField(max_length=255, db_collation="C")
    op = models.SmallIntegerField(help_text="0 upsert, 1 update_only, 2 delete, 3 restore")
    clock_hi = models.BigIntegerField()
    clock_lo = models.BigIntegerField()
    present = models.BigIntegerField()
    trace_id = models.CharField(max_length=255, default="")

    # What the plan writes.
    match_id = models.BigIntegerField(null=True, help_text="an object of another source that this is")
    identity_id = models.BigIntegerField(null=True)
    object_id = models.BigIntegerField(null=True)
    is_new = models.BooleanField(default=False, db_default=False)
    has_work = models.BooleanField(default=False, db_default=False)
    state_wins = models.BooleanField(default=False, db_default=False)
    object_change = models.CharField(max_length=10, default="", db_default="", help_text="deleted or restored")
    verdict = models.CharField(max_length=20, default="", db_default="", help_text="the outcome of the item")
    applies = models.BigIntegerField(default=0, db_default=0)
    changes = models.BigIntegerField(default=0, db_default=0)
    stale = models.BigIntegerField(default=0, db_default=0)
    ignored = models.BigIntegerField(default=0, db_default=0)
    conflicts = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"


class StagedAccount(StagedItem):
    """An account on its way in."""

    name = models.TextField(null=True)
    website = models.TextField(null=True)
    domain = models.TextField(null=True, help_text="sent, or taken from the website when it was not")
    industry = models.TextField(null=True)
    segment = models.TextField(null=True)
    region = models.TextField(null=True)
    country = models.TextField(null=True)
    employees = models.IntegerField(null=True)
    lifecycle = models.TextField(null=True)
    owner_email = models.TextField(null=True)
    csm_email = models.TextField(null=True)
    customer_since = models.DateField(null=True)
    renewal_on = models.DateField(null=True)
    last_sales_activity_at = models.DateTimeField(null=True)
    parent_ref = models.CharField(max_length=255, null=True, db_collation="C")
    parent_id = models.BigIntegerField(null=True)


class StagedContact(StagedItem):
    """A contact on its way in."""

    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    email = models.TextField(null=True)
    title = models.TextField(null=True)
    seniority = models.TextField(null=True)
    persona = models.TextField(null=True)
    phone = models.TextField(null=True)
    country = models.TextField(null=True)
    language = models.TextField(null=True)
    left_on = models.DateField(null=True)
    account_ref = models.CharField(max_length=255, null=True, db_collation="C")
    account_id = models.BigIntegerField(null=True)
    successor_ref = models.CharField(max_length=255, null=True, db_collation="C")
    successor_id = models.BigIntegerField(null=True)


class StagedOpportunity(StagedItem):
    """A deal on its way in, with the roles of people on it as three arrays of one length."""

    name = models.TextField(null=True)
    kind = models.TextField(null=True)
    stage = models.TextField(null=True)
    outcome = models.TextField(null=True)
    amount = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    currency = models.TextField(null=True)
    opened_at = models.DateTimeField(null=True)
    lead_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    expected_close_on = models.DateField(null=True)
    lead_source = models.TextField(null=True)
    owner_email = models.TextField(null=True)
    product = models.TextField(null=True)
    account_ref = models.CharField(max_length=255, null=True, db_collation="C")
    account_id = models.BigIntegerField(null=True)
    contact_refs = ArrayField(models.CharField(max_length=255), null=True)
    contact_roles = ArrayField(models.TextField(), null=True)
    contact_primaries = ArrayField(models.BooleanField(), null=True)
    contacts_key = models.TextField(null=True, db_collation="C", help_text="the set in one comparable text")
