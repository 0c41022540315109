"""Outside systems, their names for our rows, and their clients. `crm-sync` section 2."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from zoneinfo import available_timezones

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from oauth2_provider.models import AbstractApplication, ApplicationManager

from accounts.choices import BatchStatus, IdentityState, ObjectType, Outcome, SourceKind, SourceOrdering
from accounts.models.account import Account, Contact
from accounts.models.opportunity import Opportunity
from accounts.querysets import IdentityQuerySet, MergeQuerySet, SourceQuerySet
from clg import wording
from clg.guards import known
from clg.history import tracked
from clg.models import PublicModel


@tracked()
class CrmSource(PublicModel):
    """One outside system that writes accounts, contacts and opportunities, by one clock of its own."""

    PUBLIC_PREFIX: ClassVar[str] = "src"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=SourceKind.choices)
    ordering = models.CharField(max_length=20, choices=SourceOrdering.choices, default=SourceOrdering.UPDATED_AT)
    rank = models.PositiveSmallIntegerField(unique=True, help_text="1 is highest: its values win")
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, blank=True, default="", help_text="of amounts that name none")
    match_accounts_by_domain = models.BooleanField(default=False)
    match_contacts_by_email = models.BooleanField(default=False)
    stage_map = models.JSONField(default=dict, blank=True, help_text='stage -> {"outcome": "won", "order": 5}')
    value_maps = models.JSONField(default=dict, blank=True, help_text="map name -> {their value: our value}")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = "source"
        ordering = ["rank"]
        constraints = [
            models.CheckConstraint(condition=Q(rank__gt=0), name="%(app_label)s_%(class)s_rank_positive"),
            known("kind", SourceKind),
            known("ordering", SourceOrdering),
        ]
        triggers = [
            # Clocks of two orderings cannot be compared: the choice holds from the first identity on.
            pgtrigger.Trigger(
                name="ordering_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("ordering"),
                condition=pgtrigger.Condition("OLD.ordering IS DISTINCT FROM NEW.ordering"),
                func="IF EXISTS (SELECT FROM accounts_externalidentity i WHERE i.source_id = OLD.id) THEN"
                " RAISE EXCEPTION 'the ordering of a source with identities is frozen'"
                " USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Explains kindly what a time zone, a currency and the maps must look like."""
        problems = {
            name: sentence
            for name, is_wrong, sentence in (
                ("time_zone", not is_time_zone(self.time_zone), "Enter a zone such as UTC or Europe/Berlin."),
                (
                    "stage_map",
                    not _is_stage_map(self.stage_map),
                    'A stage has {"outcome": "won"}, "lost" or "open".',
                ),
                ("value_maps", not _is_value_maps(self.value_maps), "Each map has texts as keys and as values."),
            )
            if is_wrong
        }
        if problems:
            raise ValidationError(problems)


def is_time_zone(name: str) -> bool:
    return name in available_timezones()


def _is_stage_map(stages: object) -> bool:
    """stage -> {"outcome": ..., "order": a number, optional}."""
    return isinstance(stages, dict) and all(
        isinstance(told, dict)
        and set(told) <= {"outcome", "order"}
        and told.get("outcome") in Outcome.values
        and isinstance(told.get("order", 0), int)
        for told in stages.values()
    )


def _is_value_maps(maps: object) -> bool:
    """name -> {their value: our value}."""
    return isinstance(maps, dict) and all(
        isinstance(values, dict) and all(isinstance(ours, str) for ours in values.values()) for values in maps.values()
    )


class ExternalIdentity(models.Model):
    """A source's name for one of our rows, with the clock of every field that the source ever set.

    Born when a source first names the id (also as somebody's relation), kept for ever: a tombstone stops a late old
    write from raising the dead. Several identities may point to one object after merges, through `canonical`: a merged
    one names no object itself, and `canonical` is never merged. Writes to it that are newer than `merged_clock` go to
    the winner; NULL: none do.
    """

    # No index of its own: the unique one begins with it, and a planner without statistics took the wrong of the two.
    source = models.ForeignKey(CrmSource, on_delete=models.PROTECT, related_name="identities", db_index=False)
    object_type = models.CharField(max_length=20, choices=ObjectType.choices)
    external_id = models.CharField(max_length=255, db_collation="C")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="identities")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="identities")
    opportunity = models.ForeignKey(
        Opportunity, null=True, blank=True, on_delete=models.PROTECT, related_name="identities"
    )
    canonical = models.ForeignKey(
        "accounts.ExternalIdentity", null=True, blank=True, on_delete=models.PROTECT, related_name="aliases"
    )
    state = models.CharField(max_length=20, choices=IdentityState.choices, default=IdentityState.ACTIVE)
    clock = ArrayField(models.BigIntegerField(), size=2, null=True, help_text="newest write, as a pair")
    field_clocks = ArrayField(
        models.BigIntegerField(null=True),
        null=True,
        help_text="a pair a field, at the field's fixed place (accounts/sync/objects.py)",
    )
    related_names = ArrayField(
        models.CharField(max_length=255, null=True),
        null=True,
        help_text="the id that was sent for each relation, in their order: at one clock the greater wins",
    )
    merged_clock = ArrayField(
        models.BigIntegerField(), size=2, null=True, help_text="of a merged name: newer writes go to the winner"
    )
    received_at = models.DateTimeField(db_default=Now())

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = "identity"
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "object_type", "external_id"], name="%(app_label)s_%(class)s_once"
            ),
            known("object_type", ObjectType),
            known("state", IdentityState),
            models.CheckConstraint(
                condition=Q(object_type="account", contact=None, opportunity=None)
                | Q(object_type="contact", account=None, opportunity=None)
                | Q(object_type="opportunity", account=None, contact=None),
                name="%(app_label)s_%(class)s_one_object",
            ),
            models.CheckConstraint(
                condition=~Q(state="active")
                | Q(account__isnull=False)
                | Q(contact__isnull=False)
                | Q(opportunity__isnull=False),
                name="%(app_label)s_%(class)s_active_has_object",
            ),
            models.CheckConstraint(
                condition=~Q(state="merged") | Q(canonical__isnull=False),
                name="%(app_label)s_%(class)s_merged_has_canonical",
            ),
            models.CheckConstraint(
                condition=~Q(state="suppressed") | Q(account=None, contact=None, opportunity=None),
                name="%(app_label)s_%(class)s_suppressed_has_none",
            ),
            models.CheckConstraint(
                condition=Q(canonical__isnull=True) | ~Q(canonical=models.F("id")),
                name="%(app_label)s_%(class)s_not_own_canonical",
            ),
        ]
        indexes = [
            # Each batch asks which of its names were merged away: few are.
            models.Index(
                fields=["source", "object_type", "external_id"],
                condition=Q(state="merged"),
                name="accounts_identity_merged",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class MergeEvent(PublicModel):
    """One merge: rows that turned out to be one. Append-only but for its undoing, once.

    `winner_id` and `loser_ids` are keys of rows of `object_type`; a loser's row stays, hidden, without pointers to it.
    `manifest` lists by table and column every key that moved, `{"accounts.Contact.account": {"<loser>": [keys]}}`,
    and what the identities and the winner were before: what undoing needs (`accounts/actions/merge.py`).
    """

    PUBLIC_PREFIX: ClassVar[str] = "mrg"
    CHANGEABLE: ClassVar = ("undone_at", "undone_by", "kept")

    source = models.ForeignKey(CrmSource, null=True, on_delete=models.PROTECT, related_name="merges")
    object_type = models.CharField(max_length=20, choices=ObjectType.choices)
    winner_id = models.BigIntegerField()
    loser_ids = ArrayField(models.BigIntegerField(), default=list)
    winner_name = models.CharField(max_length=255, blank=True, default="", help_text="the source's id of the winner")
    loser_names = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    result_external_id = models.CharField(max_length=255, blank=True, default="")
    clock = ArrayField(models.BigIntegerField(), size=2, null=True)
    reason = models.CharField(max_length=60, blank=True, default="")
    manifest = models.JSONField(default=dict)
    actor = models.CharField(max_length=100, help_text="client:7, user:3, import:file")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=100, blank=True, default="")
    kept = models.JSONField(default=dict, blank=True, help_text="what undoing left where it was, as in `manifest`")

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = "merge"
        ordering = ["-id"]
        constraints = [known("object_type", ObjectType)]
        indexes = [
            # What became of a row: the merge that took it away.
            GinIndex(fields=["loser_ids"], name="accounts_mergeevent_losers"),
            models.Index(fields=["object_type", "winner_id"], name="accounts_mergeevent_winner"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_undone",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                declare=[("after", "accounts_mergeevent%ROWTYPE")],
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL THEN
                        after := OLD;
                        after.undone_at := NEW.undone_at;
                        after.undone_by := NEW.undone_by;
                        after.kept := NEW.kept;
                        IF after IS NOT DISTINCT FROM NEW THEN RETURN NEW; END IF;
                    END IF;
                    RAISE EXCEPTION '% refused: a merge is undone once and never changed', TG_OP
                        USING ERRCODE = 'restrict_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{len(self.loser_ids) or len(self.loser_names)} into {self.object_type} {self.winner_id}"


class SyncConflict(models.Model):
    """Two writes of one clock that disagreed on a field: hashes of what stayed and what went. Kept 30 days."""

    source = models.ForeignKey(CrmSource, on_delete=models.CASCADE, related_name="conflicts")
    identity = models.ForeignKey(ExternalIdentity, on_delete=models.CASCADE, related_name="conflicts")
    field = models.CharField(max_length=60)
    clock = ArrayField(models.BigIntegerField(), size=2)
    kept_hash = models.BinaryField(max_length=32)
    lost_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField(db_default=Now())

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = "conflict"
        # Read by the status of a source: its newest conflicts.
        indexes = [models.Index(fields=["source", "-at"], name="accounts_conflict_newest")]

    def __str__(self) -> str:
        return f"{self.field}, {wording.day(self.at)}"


@tracked(exclude=["client_secret", "last_used_at", "updated"])
class ApiClient(AbstractApplication):
    """An OAuth client of a CRM or tool, bound to one source; disabled, never deleted."""

    source = models.ForeignKey(CrmSource, on_delete=models.PROTECT, related_name="clients")
    allowed_scopes = ArrayField(models.CharField(max_length=60), default=list)
    ip_ranges = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    batch_status = models.SmallIntegerField(
        default=BatchStatus.MULTI, choices=BatchStatus.choices, help_text="answer to a batch"
    )

    objects = ApplicationManager.from_queryset(SourceQuerySet)()

    class Meta(AbstractApplication.Meta):
        verbose_name = "client"
        abstract = False
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"
        constraints = [
            known("batch_status", BatchStatus),
            # The library knows more grants; none of them may ever stand here.
            models.CheckConstraint(
                condition=Q(client_type="confidential", authorization_grant_type="client-credentials"),
                name="%(app_label)s_%(class)s_credentials_only",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.client_id

    def is_live(self, *, at: datetime) -> bool:
        """Whether it and its source are enabled, and its term has not ended."""
        return self.is_active and self.source.is_active and (self.expires_at is None or self.expires_at > at)

    def is_usable(self, request: object) -> bool:
        """The library's question before it makes a token."""
        return self.is_live(at=timezone.now())
