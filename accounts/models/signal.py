"""Signals: one observed fact each. `readiness` section 2."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.choices import SIGNAL_KIND_CHOICES, SIGNAL_KINDS
from accounts.models.account import Account, Contact
from accounts.querysets import SignalQuerySet
from clg import wording
from clg.guards import known


class Signal(models.Model):
    """One observed fact about an account, or about a contact there, normalised to 0-100 when stored.

    Kinds about a contact may leave the contact out: then the fact is about the company as a whole. Append-only but for
    `is_current`, which a correction turns off, and its subject, which a merge moves. No foreign key points here (scores
    keep signal ids as numbers), uniqueness sits in SignalKey: ready for monthly partitions.
    """

    CHANGEABLE: ClassVar = ("is_current", "account", "contact")

    kind = models.CharField(max_length=20, choices=SIGNAL_KIND_CHOICES)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="signals")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="signals")
    raw = models.DecimalField(max_digits=12, decimal_places=4)
    value = models.DecimalField(max_digits=5, decimal_places=2)
    observed_at = models.DateTimeField()
    source = models.CharField(max_length=100)
    external_id = models.CharField(max_length=255, blank=True, default="", db_default="")
    is_current = models.BooleanField(default=True, db_default=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SignalQuerySet.as_manager()

    class Meta:
        ordering = ["-observed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gte=0, value__lte=100), name="%(app_label)s_%(class)s_value_range"
            ),
            known("kind", SIGNAL_KINDS),
            models.CheckConstraint(
                condition=Q(contact__isnull=True)
                | Q(kind__in=[k.code for k in SIGNAL_KINDS.values() if k.about == "contact"]),
                name="%(app_label)s_%(class)s_about_fits",
                violation_error_message="This kind of signal is about the company, so it names no person.",
            ),
        ]
        indexes = [
            # Scoring: the newest row of a kind, the contact's own first, else the account's. What it reads is included,
            # so that it never goes to the table: rows of one contact lie far apart there (14 times slower, unwarmed).
            models.Index(
                fields=["contact", "kind", "-observed_at", "-id"],
                include=["account", "raw", "value"],
                condition=Q(is_current=True, contact__isnull=False),
                name="accounts_signal_of_contact",
            ),
            models.Index(
                fields=["account", "kind", "-observed_at", "-id"],
                include=["raw", "value"],
                condition=Q(is_current=True, contact__isnull=True),
                name="accounts_signal_of_account",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_outdated",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                declare=[("before", "accounts_signal%ROWTYPE")],
                # A correction turns is_current off; with that undone, the row must be what it was. A merge of accounts
                # or contacts moves the pointer, and nothing else (`accounts/actions/merge.py`).
                func="""
                    IF TG_OP = 'UPDATE' AND current_setting('clg.moves_keys', true) = 'on' THEN
                        before := NEW;
                        before.account_id := OLD.account_id;
                        before.contact_id := OLD.contact_id;
                        IF before IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
                    END IF;
                    IF TG_OP = 'UPDATE' AND OLD.is_current AND NOT NEW.is_current THEN
                        before := NEW;
                        before.is_current := true;
                        IF before IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
                    END IF;
                    RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME
                        USING ERRCODE = 'restrict_violation';
                """,
            ),
            pgtrigger.Trigger(
                name="no_truncate",
                when=pgtrigger.Before,
                level=pgtrigger.Statement,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME"
                " USING ERRCODE = 'restrict_violation';",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {wording.plain(self.raw)}, {wording.day(self.observed_at)}"


class SignalKey(models.Model):
    """The source's own id of a signal: keeps repeats out and lets a newer payload correct an older one."""

    source = models.CharField(max_length=100)
    external_id = models.CharField(max_length=255, db_collation="C")
    signal_id = models.BigIntegerField()
    payload_hash = models.BinaryField(max_length=32)
    clock = ArrayField(models.BigIntegerField(), size=2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="%(app_label)s_%(class)s_once")]

    def __str__(self) -> str:
        return f"{self.source}:{self.external_id}"
