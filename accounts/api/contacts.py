"""`/api/v1/contacts`: people at companies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework import serializers

from accounts.actions.reading import note_readings
from accounts.api.accounts import expand_account
from accounts.api.push import PushedDoor
from accounts.api.push_bodies import one_body
from accounts.api.relations import OwnExternalId, Reference
from accounts.api.synced import SyncedFilters
from accounts.choices import Seniority
from accounts.models import Contact, User
from accounts.permissions import (
    may_search_contact_details,
    may_see_contact_details,
    may_see_contacts,
    may_see_person,
)
from accounts.privacy import CONTACT_DETAILS, CONTACT_IDENTITY
from accounts.sync.objects import CONTACT
from clg.api import filters
from clg.api.fields import Choice, Moment, PublicId, Text
from clg.api.outputs import Output
from clg.api.parameters import Parameter


class ContactOutput(Output):
    """A person at a company. What the caller may not know of the person is null."""

    id = PublicId()
    version = serializers.IntegerField(read_only=True)
    external_id = OwnExternalId()
    complete = serializers.BooleanField(read_only=True)
    created_at = Moment()
    deleted_at = Moment(allow_null=True)
    first_name = Text()
    last_name = Text()
    email = Text()
    title = Text()
    seniority = serializers.ChoiceField(choices=Seniority.choices, read_only=True)
    persona = Text()
    phone = Text()
    country = Text(help_text="ISO 3166-1 alpha-2")
    language = Text(help_text="BCP 47")
    left_on = serializers.DateField(read_only=True, allow_null=True)
    account = Reference(allow_null=True)
    successor = Reference(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        reader = self.context["request"].user
        hidden: tuple[str, ...] = () if may_see_person(reader, instance) else CONTACT_IDENTITY
        hidden += () if may_see_contact_details(reader, instance) else CONTACT_DETAILS
        return super().to_representation(instance) | dict.fromkeys(hidden)


class ContactFilters(SyncedFilters):
    """Filters of the list of people."""

    external_id = filters.external_ids("known_as")
    email = filters.texts("email", longest=254)
    account_id = filters.ids("account__public_id", "acc")
    left = filters.truth("gone", "Whether the person has left the company.")
    complete = filters.truths("complete", "`true` alone is the default; `true,false` shows incomplete rows too.")
    include_deleted = filters.truth("deleted_too", "Show deleted rows too.")
    created_after = filters.since("created_at")
    created_before = filters.before("created_at")


class Contacts(PushedDoor[Contact]):
    """People in sight."""

    resource = "contacts"
    model = Contact
    output = ContactOutput
    filters = ContactFilters
    may = may_see_contacts
    scope = "contacts:read"
    of = CONTACT
    inputs: ClassVar = {"push_one": one_body(CONTACT)}
    expansions: ClassVar = {"account": expand_account("account_id")}

    def filter_parameters(self) -> list[Parameter]:
        found = super().filter_parameters()
        if may_search_contact_details(self.request.user):
            return found
        return [parameter for parameter in found if parameter.name not in CONTACT_DETAILS]

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("account", "successor")

    def _written(self, rows: Sequence[Contact], choice: Choice | None) -> list[Any]:
        """What a person is about to read of champions is kept, and counted."""
        reader = self.request.user
        if isinstance(reader, User) and (choice is None or not choice.keys().isdisjoint(CONTACT_DETAILS)):
            shown = [row for row in rows if may_see_contact_details(reader, row)]
            note_readings(reader=reader, contacts=shown, door=f"api:{self.action}")
        return super()._written(rows, choice)
