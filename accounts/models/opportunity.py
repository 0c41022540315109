"""Deals of the CRM, their way through the stages and the people on them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.choices import OpportunityKind, Outcome
from accounts.models.account import Account, Contact, SyncedModel
from accounts.querysets import OpportunityQuerySet, ReferenceQuerySet
from clg.guards import known
from clg.history import tracked


@tracked()
class Product(models.Model):
    """Something we sell. Made by staff or by the first import that names it."""

    name = models.CharField(max_length=255, unique=True)
    code = models.CharField(max_length=100, blank=True, default="")
    is_active = models.BooleanField(default=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@tracked(exclude=["complete"])
class Opportunity(SyncedModel):
    """A deal as the CRM tells it: new business, expansion or renewal; open, won or lost.

    `kind` is empty until a source says it. Amounts keep up to six digits; ledgers round them once, by currency.
    """

    PUBLIC_PREFIX: ClassVar[str] = "opp"

    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="opportunities")
    name = models.CharField(max_length=255, blank=True, db_default="")
    kind = models.CharField(max_length=20, choices=OpportunityKind.choices, blank=True, db_default="")
    stage = models.CharField(max_length=100, blank=True, db_default="")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN, db_default=Outcome.OPEN)
    amount = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, db_default="", help_text="ISO 4217")
    opened_at = models.DateTimeField(null=True, blank=True)
    lead_at = models.DateTimeField(null=True, blank=True, help_text="first known as a lead in the CRM")
    closed_at = models.DateTimeField(null=True, blank=True)
    expected_close_on = models.DateField(null=True, blank=True)
    lead_source = models.CharField(max_length=100, blank=True, db_default="")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="opportunities")
    product_text = models.CharField(max_length=255, blank=True, db_default="", help_text="the source's words")
    owner = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="opportunities"
    )
    owner_email = models.CharField(max_length=254, blank=True, db_default="")
    contacts = models.ManyToManyField(Contact, through="accounts.OpportunityContact", related_name="opportunities")
    complete = models.GeneratedField(
        expression=models.Case(
            models.When(Q(account__isnull=False) & ~Q(name="") & ~Q(kind=""), then=models.Value(True)),
            default=models.Value(False),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "opportunities"
        ordering = ["-id"]
        constraints = [
            known("outcome", Outcome),
            known("kind", OpportunityKind, or_empty=True),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(currency__regex=r"^[A-Z]{3}$"),
                name="%(app_label)s_%(class)s_amount_has_currency",
                violation_error_message="An amount needs a currency.",
            ),
        ]
        indexes = [
            # Matcher: deals of an account in the time around an encounter; admin list of an account's deals.
            models.Index(fields=["account", "opened_at"], name="accounts_opportunity_account"),
            models.Index(fields=["-closed_at"], name="accounts_opportunity_closed"),
            # Status of a source: rows that stay incomplete.
            models.Index(
                fields=["created_at"], condition=Q(complete=False, deleted_at=None), name="accounts_deal_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"Unnamed deal {self.pk}"

    @property
    def roles_in_order(self) -> list[OpportunityContact]:
        """The people on the deal, the primary one first; without a query when they were prefetched."""
        return sorted(self.contact_roles.all(), key=lambda role: (not role.is_primary, role.pk))

    @property
    def contact_keys(self) -> list[int]:
        return [role.contact_id for role in self.roles_in_order]


class OpportunityStage(models.Model):
    """One entry of a deal into a stage. Append-only: the sync appends; a merged deal keeps its own way."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=100)
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["entered_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "stage", "entered_at"], name="%(app_label)s_%(class)s_once")
        ]

    def __str__(self) -> str:
        return f"{self.stage} from {self.entered_at:%Y-%m-%d}"


@tracked()
class OpportunityContact(models.Model):
    """A person's role on a deal, as the CRM lists it; replaced as a set by each write that names the contacts."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="contact_roles")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="deal_roles")
    role = models.CharField(max_length=50, blank=True, default="")
    is_primary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "contact"], name="%(app_label)s_%(class)s_one_role")
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} on {self.opportunity_id}"
