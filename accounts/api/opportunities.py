"""`/api/v1/opportunities`: deals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.accounts import expand_account
from accounts.api.contacts import ContactOutput
from accounts.api.push import PushedDoor
from accounts.api.push_bodies import one_body
from accounts.api.relations import OwnExternalId, Reference, reference_to
from accounts.api.synced import SyncedFilters
from accounts.choices import OpportunityKind, Outcome
from accounts.models import Contact, Opportunity
from accounts.permissions import may_see_contacts, may_see_opportunities
from accounts.sync.objects import OPPORTUNITY
from clg.api import filters
from clg.api.doors import Expansion
from clg.api.fields import Moment, PublicId, Text, decimal_text
from clg.api.outputs import Output


class DealContact(Output):
    """A person's role on the deal."""

    id = PublicId()
    external_id = Text()
    role = Text()
    is_primary = serializers.BooleanField(read_only=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {
            **reference_to(instance.contact, self.context),
            "role": instance.role or None,
            "is_primary": instance.is_primary,
        }


class OpportunityOutput(Output):
    """A deal as its CRM tells it."""

    id = PublicId()
    version = serializers.IntegerField(read_only=True)
    external_id = OwnExternalId()
    complete = serializers.BooleanField(read_only=True)
    created_at = Moment()
    deleted_at = Moment(allow_null=True)
    name = Text()
    kind = Text(help_text="new_business, expansion or renewal; null until a source says it")
    stage = Text()
    outcome = serializers.ChoiceField(choices=Outcome.choices, read_only=True)
    amount = serializers.SerializerMethodField(help_text="Decimal string, with the digits of the currency.")
    currency = Text(help_text="ISO 4217")
    opened_at = Moment(allow_null=True)
    lead_at = Moment(allow_null=True)
    closed_at = Moment(allow_null=True)
    expected_close_on = serializers.DateField(read_only=True, allow_null=True)
    lead_source = Text()
    owner_email = Text()
    account = Reference(allow_null=True)
    contacts = DealContact(many=True, source="roles_in_order")

    def get_amount(self, deal: Opportunity) -> str | None:
        return None if deal.amount is None else decimal_text(deal.amount, deal.currency)


class OpportunityFilters(SyncedFilters):
    """Filters of the list of deals."""

    external_id = filters.external_ids("known_as")
    account_id = filters.ids("account__public_id", "acc")
    kind = filters.choices("kind", OpportunityKind.values)
    stage = filters.texts("stage", longest=100)
    outcome = filters.choices("outcome", Outcome.values)
    owner_email = filters.texts("owner_email", longest=254)
    opened_after = filters.since("opened_at")
    opened_before = filters.before("opened_at")
    closed_after = filters.since("closed_at")
    closed_before = filters.before("closed_at")
    complete = filters.truths("complete", "`true` alone is the default; `true,false` shows incomplete rows too.")
    include_deleted = filters.truth("deleted_too", "Show deleted rows too.")
    created_after = filters.since("created_at")
    created_before = filters.before("created_at")


class Opportunities(PushedDoor[Opportunity]):
    """Deals in sight."""

    resource = "opportunities"
    model = Opportunity
    output = OpportunityOutput
    filters = OpportunityFilters
    may = may_see_opportunities
    scope = "opportunities:read"
    of = OPPORTUNITY
    inputs: ClassVar = {"push_one": one_body(OPPORTUNITY)}
    expansions: ClassVar = {
        "account": expand_account("account_id"),
        "contacts": Expansion(
            attribute="contact_keys",
            may=may_see_contacts,
            scope="contacts:read",
            rows=lambda principal: Contact.objects.visible_to(principal).select_related("account", "successor"),
            serializer=ContactOutput,
        ),
    }

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("account").prefetch_related("contact_roles__contact")

    def embed(self, rows: Sequence[Opportunity], data: list[Any], name: str, written: dict[Any, Any]) -> None:
        """People stay with their role on the deal; those out of sight keep their reference."""
        if name != "contacts":
            super().embed(rows, data, name, written)
            return
        for row, each in zip(rows, data, strict=True):
            for role, entry in zip(row.roles_in_order, each["contacts"], strict=True):
                entry.update(written.get(role.contact_id, {}))
