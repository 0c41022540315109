"""Permissions: two keys, their history, notices, places of use and what must come down. `readiness` section 8."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Account, Product, User
from advocacy.choices import (
    Audience,
    Basis,
    GrantEnd,
    Grantor,
    GrantPartyRole,
    GrantState,
    Identity,
    ProofKind,
    PublicationChannel,
    SignerAuthority,
    Use,
)
from advocacy.models.champion import Champion
from advocacy.querysets import GrantPartQuerySet, GrantQuerySet, TakedownQuerySet
from clg.guards import append_only, each_known, known
from clg.history import tracked
from clg.models import PublicModel

IN_FORCE = Q(state__in=["granted", "granted_with_limits"])


def _words(length: int) -> ArrayField:
    return ArrayField(models.CharField(max_length=length), default=list, blank=True)


@tracked()
class Grant(PublicModel):
    """The person is willing, or the company allows it, for one use, with limits, proof and term.

    Terms never change after granting: a change is a new grant that supersedes this one. `GrantEvent` is the truth of
    the state; the column repeats it for reading.
    """

    PUBLIC_PREFIX: ClassVar[str] = "grt"

    grantor = models.CharField(max_length=10, choices=Grantor.choices)
    champion = models.ForeignKey(
        Champion, null=True, blank=True, on_delete=models.PROTECT, related_name="grants", db_index=False
    )
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="grants", db_index=False
    )
    use = models.CharField(max_length=20, choices=Use.choices)
    state = models.CharField(max_length=20, choices=GrantState.choices, default=GrantState.PROPOSED)
    identity = models.CharField(max_length=15, choices=Identity.choices, default=Identity.FULL)
    products = models.ManyToManyField(Product, blank=True, related_name="+")
    regions = _words(100)
    languages = _words(35)
    campaigns = _words(100)
    never_to_domains = _words(253)
    audiences = ArrayField(models.CharField(max_length=20, choices=Audience.choices), default=list, blank=True)
    channels = ArrayField(models.CharField(max_length=15, choices=PublicationChannel.choices), default=list, blank=True)
    cap_count = models.PositiveSmallIntegerField(null=True, blank=True)
    cap_minutes = models.PositiveIntegerField(null=True, blank=True)
    cap_days = models.PositiveSmallIntegerField(null=True, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    ends_at_churn = models.BooleanField(default=False)
    ends_at_job_change = models.BooleanField(default=True)
    ends_on_merger = models.BooleanField(default=False)
    basis = models.CharField(max_length=20, choices=Basis.choices, default=Basis.CONSENT)
    signer_name = models.CharField(max_length=200, blank=True, default="")
    signer_authority = models.CharField(max_length=20, choices=SignerAuthority.choices, blank=True, default="")
    proof_kind = models.CharField(max_length=20, choices=ProofKind.choices, blank=True, default="")
    proof_file = models.CharField(max_length=100, blank=True, default="", help_text="its name in the private store")
    proof_text = models.TextField(blank=True, default="")
    wording_version = models.CharField(max_length=40, blank=True, default="")
    wording_sha256 = models.CharField(max_length=64, blank=True, default="")
    proof_ip = models.CharField(max_length=45, blank=True, default="", help_text="shortened")
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    supersedes = models.ForeignKey(
        "advocacy.Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(grantor="person", champion__isnull=False, account__isnull=True)
                | Q(grantor="company", champion__isnull=True, account__isnull=False),
                name="%(app_label)s_%(class)s_of_one",
                violation_error_message="A person's grant names the champion, a company's the account; never both.",
            ),
            known("grantor", Grantor),
            each_known("audiences", Audience),
            each_known("channels", PublicationChannel),
            known("use", Use),
            known("state", GrantState),
            known("identity", Identity),
            known("basis", Basis),
            known("proof_kind", ProofKind, or_empty=True),
            known("signer_authority", SignerAuthority, or_empty=True),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_from__lte=F("valid_until")),
                name="%(app_label)s_%(class)s_days_in_order",
                violation_error_message="A grant ends on or after the day it begins.",
            ),
            models.CheckConstraint(
                condition=~IN_FORCE | Q(decided_at__isnull=False) & ~Q(proof_kind=""),
                name="%(app_label)s_%(class)s_given_with_proof",
            ),
        ]
        indexes = [
            # Coverage: the grants in force of a champion or of an account for one use.
            models.Index(fields=["champion", "use"], condition=IN_FORCE, name="advocacy_grant_person_key"),
            models.Index(fields=["account", "use"], condition=IN_FORCE, name="advocacy_grant_company_key"),
            # Expiry and its notices.
            models.Index(
                fields=["valid_until"], condition=IN_FORCE & Q(valid_until__isnull=False), name="advocacy_grant_ends"
            ),
            # Pages of a champion and an account.
            models.Index(fields=["champion", "-created_at"], name="advocacy_grant_champion"),
            models.Index(fields=["account", "-created_at"], name="advocacy_grant_account"),
        ]

    def __str__(self) -> str:
        return f"{self.get_use_display()}, {self.get_grantor_display().lower()}"


@tracked()
class GrantParty(models.Model):
    """A company that a grant names: one it is for (`prospect`; none: any), or one it never serves (`never_to`).

    A merge of companies may leave the same one twice, which says nothing more than once.
    """

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="parties")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=GrantPartyRole.choices)

    objects = GrantPartQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "grant parties"
        ordering = ["grant", "role", "id"]
        constraints = [
            known("role", GrantPartyRole),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.account}"


class GrantEvent(models.Model):
    """One step of a grant, numbered within it. Append-only: the truth that the column `state` repeats."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="events", db_index=False)
    sequence = models.PositiveSmallIntegerField()
    event = models.CharField(max_length=20)
    from_state = models.CharField(max_length=20, choices=GrantState.choices, blank=True, default="")
    to_state = models.CharField(max_length=20, choices=GrantState.choices)
    actor = models.CharField(max_length=100, help_text="user:3, link:9, client:5, system")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True, default="")
    fields_sha256 = models.CharField(max_length=64)

    objects = GrantPartQuerySet.as_manager()

    class Meta:
        ordering = ["grant", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["grant", "sequence"], name="%(app_label)s_%(class)s_once"),
            known("from_state", GrantState, or_empty=True),
            known("to_state", GrantState),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.event} to {self.to_state}"


class GrantNotice(models.Model):
    """A notice of a coming end, told or skipped once for each number of days before it."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="notices", db_index=False)
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    is_skipped = models.BooleanField(default=False)

    objects = GrantPartQuerySet.as_manager()

    class Meta:
        ordering = ["grant", "-days"]
        constraints = [models.UniqueConstraint(fields=["grant", "days"], name="%(app_label)s_%(class)s_once")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.days} days before the end"


@tracked()
class GrantUse(models.Model):
    """One place where something stands on a grant: an object of ours, or a place outside. Ends by `removed_at`."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="uses", db_index=False)
    object_type = models.CharField(max_length=30, blank=True, default="")
    object_id = models.CharField(max_length=40, blank=True, default="")
    label = models.CharField(max_length=200)
    channel = models.CharField(max_length=15, choices=PublicationChannel.choices)
    url = models.URLField(max_length=1000, blank=True, default="")
    since = models.DateField()
    removed_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = GrantPartQuerySet.as_manager()

    class Meta:
        verbose_name = "place of use"
        verbose_name_plural = "places of use"
        ordering = ["-since", "-id"]
        constraints = [known("channel", PublicationChannel)]
        indexes = [
            # The places a withdrawal must name.
            models.Index(fields=["grant"], condition=Q(removed_at=None), name="advocacy_grantuse_live"),
            models.Index(fields=["object_type", "object_id"], name="advocacy_grantuse_object"),
        ]

    def __str__(self) -> str:
        return self.label


@tracked()
class TakedownTask(PublicModel):
    """One place that must come down because its grant ended; closed with a note or a picture."""

    PUBLIC_PREFIX: ClassVar[str] = "tkd"

    grant_use = models.OneToOneField(GrantUse, on_delete=models.PROTECT, related_name="takedown")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="takedowns")
    due_on = models.DateField()
    opened_at = models.DateTimeField()
    cause = models.CharField(max_length=15, choices=GrantEnd.choices)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=1000, blank=True, default="")
    picture = models.CharField(max_length=100, blank=True, default="", help_text="its name in the private store")
    escalated_at = models.DateTimeField(null=True, blank=True)

    objects = TakedownQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            known("cause", GrantEnd),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(note="") | ~Q(picture=""),
                name="%(app_label)s_%(class)s_closed_with_proof",
                violation_error_message="Say in a note or show in a picture that it is down.",
            ),
        ]
        # Takedowns that are open, and those overdue.
        indexes = [models.Index(fields=["due_on"], condition=Q(closed_at=None), name="advocacy_takedown_open")]

    def __str__(self) -> str:
        return f"Take down {self.grant_use}"
