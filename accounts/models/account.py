"""Companies and the people there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate, Lower, Now, Reverse

from accounts.choices import Lifecycle, Seniority
from accounts.querysets import AccountQuerySet, ContactQuerySet
from clg.guards import known
from clg.history import tracked
from clg.models import PublicModel


class SyncedModel(PublicModel):
    """A row that CRMs write: `version` rises by one with every effective change, deletion is a moment.

    Rows are born by the sync (also incomplete, as the parent of a child that came first) or by staff.
    """

    version = models.BigIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None


@tracked(exclude=["complete"])
class Account(SyncedModel):
    """A company: prospect, customer or former customer. Never deleted; `deleted_at` hides it, attribution keeps it."""

    PUBLIC_PREFIX: ClassVar[str] = "acc"

    name = models.CharField(max_length=255, blank=True, db_default="")
    website = models.CharField(max_length=500, blank=True, db_default="")
    domain = models.CharField(max_length=253, blank=True, db_default="", help_text="host name, lower case")
    industry = models.CharField(max_length=100, blank=True, db_default="")
    segment = models.CharField(max_length=100, blank=True, db_default="")
    region = models.CharField(max_length=100, blank=True, db_default="")
    country = models.CharField(max_length=2, blank=True, db_default="", help_text="ISO 3166-1 alpha-2")
    employees = models.IntegerField(null=True, blank=True)
    lifecycle = models.CharField(
        max_length=20, choices=Lifecycle.choices, default=Lifecycle.PROSPECT, db_default=Lifecycle.PROSPECT
    )
    owner = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_accounts"
    )
    owner_email = models.CharField(max_length=254, blank=True, db_default="")
    csm = models.ForeignKey(
        "accounts.User",
        verbose_name="CSM",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="csm_accounts",
    )
    csm_email = models.CharField(max_length=254, blank=True, db_default="")
    customer_since = models.DateField(null=True, blank=True)
    renewal_on = models.DateField(null=True, blank=True)
    last_sales_activity_at = models.DateTimeField(null=True, blank=True)
    parent = models.ForeignKey(
        "accounts.Account", null=True, blank=True, on_delete=models.SET_NULL, related_name="subsidiaries"
    )
    complete = models.GeneratedField(
        expression=models.Case(models.When(~Q(name=""), then=models.Value(True)), default=models.Value(False)),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(employees__isnull=True) | Q(employees__range=(0, 10_000_000)),
                name="%(app_label)s_%(class)s_employees_range",
                violation_error_message="Employees must lie between 0 and 10,000,000.",
            ),
            known("lifecycle", Lifecycle),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=models.F("id")),
                name="%(app_label)s_%(class)s_not_own_parent",
                violation_error_message="A company cannot be its own parent.",
            ),
        ]
        indexes = [
            # Matcher rung 5 and linking of sources.
            models.Index(fields=["domain"], condition=~Q(domain=""), name="accounts_account_domain"),
            # Linking of sources: a domain with all below it.
            models.Index(Collate(Reverse("domain"), "C"), condition=~Q(domain=""), name="accounts_account_site"),
            # Lists and autocomplete by name.
            models.Index(Lower("name"), name="accounts_account_name"),
            # Status of a source: rows that stay incomplete.
            models.Index(
                fields=["created_at"], condition=Q(complete=False, deleted_at=None), name="accounts_account_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"Unnamed account {self.pk}"


@tracked(exclude=["complete"])
class Contact(SyncedModel):
    """A person at an account. Leaves by `left_on`, is blanked only by erasure."""

    PUBLIC_PREFIX: ClassVar[str] = "con"

    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts")
    first_name = models.CharField(max_length=100, blank=True, db_default="")
    last_name = models.CharField(max_length=100, blank=True, db_default="")
    email = models.CharField(max_length=254, blank=True, db_default="")
    title = models.CharField(max_length=200, blank=True, db_default="")
    seniority = models.CharField(
        max_length=20, choices=Seniority.choices, default=Seniority.UNKNOWN, db_default=Seniority.UNKNOWN
    )
    persona = models.CharField(max_length=100, blank=True, db_default="")
    phone = models.CharField(max_length=50, blank=True, db_default="")
    country = models.CharField(max_length=2, blank=True, db_default="", help_text="ISO 3166-1 alpha-2")
    language = models.CharField(max_length=35, blank=True, db_default="", help_text="BCP 47")
    left_on = models.DateField(null=True, blank=True)
    successor = models.ForeignKey(
        "accounts.Contact", null=True, blank=True, on_delete=models.SET_NULL, related_name="predecessors"
    )
    complete = models.GeneratedField(
        expression=models.Case(
            models.When(Q(account__isnull=False) & (~Q(email="") | ~Q(last_name="")), then=models.Value(True)),
            default=models.Value(False),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        constraints = [known("seniority", Seniority)]
        indexes = [
            # Linking of sources, search by address, rung 5 by the domain of an address.
            models.Index(Lower("email"), condition=~Q(email=""), name="accounts_contact_email"),
            models.Index(Lower("last_name"), Lower("first_name"), name="accounts_contact_name"),
            # Status of a source: rows that stay incomplete.
            models.Index(
                fields=["created_at"], condition=Q(complete=False, deleted_at=None), name="accounts_contact_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or f"Unnamed contact {self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
