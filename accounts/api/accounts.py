"""`/api/v1/accounts`: companies."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.push import PushedDoor
from accounts.api.push_bodies import one_body
from accounts.api.relations import OwnExternalId, Reference
from accounts.api.synced import SyncedFilters
from accounts.choices import Lifecycle
from accounts.models import Account
from accounts.permissions import may_see_accounts
from accounts.sync.objects import ACCOUNT
from clg.api import filters
from clg.api.doors import Expansion
from clg.api.fields import Moment, PublicId, Text
from clg.api.outputs import Output


class AccountOutput(Output):
    """A company as its CRM tells it."""

    id = PublicId()
    version = serializers.IntegerField(read_only=True)
    external_id = OwnExternalId()
    complete = serializers.BooleanField(read_only=True)
    created_at = Moment()
    deleted_at = Moment(allow_null=True)
    name = Text()
    website = Text()
    domain = Text()
    industry = Text()
    segment = Text()
    region = Text()
    country = Text(help_text="ISO 3166-1 alpha-2")
    employees = serializers.IntegerField(read_only=True, allow_null=True)
    lifecycle = serializers.ChoiceField(choices=Lifecycle.choices, read_only=True)
    owner_email = Text()
    csm_email = Text()
    customer_since = serializers.DateField(read_only=True, allow_null=True)
    renewal_on = serializers.DateField(read_only=True, allow_null=True)
    last_sales_activity_at = Moment(allow_null=True)
    parent = Reference(allow_null=True)


class AccountFilters(SyncedFilters):
    """Filters of the list of companies."""

    external_id = filters.external_ids("known_as")
    domain = filters.texts("domain", longest=253)
    lifecycle = filters.choices("lifecycle", Lifecycle.values)
    segment = filters.texts("segment")
    industry = filters.texts("industry")
    region = filters.texts("region")
    country = filters.texts("country", "ISO 3166-1 alpha-2, by comma.")
    owner_email = filters.texts("owner_email")
    csm_email = filters.texts("csm_email")
    parent_id = filters.ids("parent__public_id", "acc")
    complete = filters.truths("complete", "`true` alone is the default; `true,false` shows incomplete rows too.")
    include_deleted = filters.truth("deleted_too", "Show deleted rows too.")
    created_after = filters.since("created_at")
    created_before = filters.before("created_at")


def expand_account(attribute: str) -> Expansion:
    """Embed the company behind a key such as `account_id`, as far as the caller sees it."""
    return Expansion(
        attribute=attribute,
        may=may_see_accounts,
        scope="accounts:read",
        rows=lambda principal: Account.objects.visible_to(principal).select_related("parent"),
        serializer=AccountOutput,
    )


class Accounts(PushedDoor[Account]):
    """Companies in sight."""

    resource = "accounts"
    model = Account
    output = AccountOutput
    filters = AccountFilters
    may = may_see_accounts
    scope = "accounts:read"
    of = ACCOUNT
    inputs: ClassVar = {"push_one": one_body(ACCOUNT)}
    expansions: ClassVar = {"parent": expand_account("parent_id")}

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("parent")
