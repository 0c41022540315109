"""`/api/v1/activities` and `/api/v1/encounters`: what champions did, and which buyers it met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from accounts.api.relations import Reference
from accounts.api.synced import source_of
from accounts.external_ids import names_in
from accounts.principals import ApiPrincipal
from advocacy.api.champion_refs import champion_id, shows_champion, shows_champions, title_of
from advocacy.choices import ActivityKind, EncounterKind, Rung, TouchRole
from advocacy.models import Activity, Encounter
from advocacy.permissions import may_see_activities
from clg.api import filters
from clg.api.doors import ReadDoor
from clg.api.fields import Moment, PublicId, RelatedId, Text
from clg.api.outputs import Output
from clg.api.parameters import Parameter


class RecordedId(Text):
    """The caller's own id of a fact that its source wrote; null for the facts of others."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "help_text": "Where the caller's own source recorded it.", **kwargs})

    def to_representation(self, value: Any) -> Any:
        source = source_of(self.context["request"].user)
        return value.source_ref if source and value.source == f"crm:{source.slug}" else None


class ChampionId(Text):
    """The champion who did it; null for callers who may not read the pool."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "help_text": "Null without champions:read.", **kwargs})

    def to_representation(self, value: Any) -> Any:
        return champion_id(value.champion, self.context["request"].user)


class TitleOfAct(Text):
    """An act's title may name its champion, so it is hidden with them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "help_text": "Null where the champion is.", **kwargs})

    def to_representation(self, value: Any) -> Any:
        return title_of(value, self.context["request"].user)


class CompanyOfAct(Reference):
    """The company of the champion: for people who may know neither, null."""

    def to_representation(self, instance: Any) -> dict[str, Any] | None:  # type: ignore[override]
        reader = self.context["request"].user
        shown = isinstance(reader, ApiPrincipal) or shows_champion(instance.champion, reader)
        return super().to_representation(instance.account) if shown else None


class ActivityOutput(Output):
    """Something a champion did."""

    id = PublicId()
    version = serializers.IntegerField(read_only=True)
    external_id = RecordedId()
    kind = serializers.ChoiceField(choices=ActivityKind.choices, read_only=True)
    title = TitleOfAct()
    occurred_at = Moment()
    champion_id = ChampionId()
    account = CompanyOfAct(source="*", allow_null=True, help_text="Null for people who may not know the champion.")
    duplicate_of = RelatedId(allow_null=True)
    withdrawn_at = Moment(allow_null=True)
    recorded_at = Moment()


class EncounterOutput(Output):
    """One time an activity met a buyer."""

    id = PublicId()
    version = serializers.IntegerField(read_only=True)
    external_id = RecordedId()
    activity_id = RelatedId(source="activity")
    kind = serializers.ChoiceField(choices=EncounterKind.choices, read_only=True)
    role = serializers.ChoiceField(choices=TouchRole.choices, read_only=True)
    occurred_at = Moment()
    opportunity = Reference(allow_null=True)
    given_rung = serializers.SerializerMethodField(help_text="How surely the caller tied it to the deal it named.")
    buyer_contact = Reference(allow_null=True)
    buyer_account = Reference(allow_null=True)
    buyer_domain = Text()
    weight_hint = serializers.DecimalField(max_digits=6, decimal_places=3, read_only=True)
    withdrawn_at = Moment(allow_null=True)
    recorded_at = Moment()

    def get_given_rung(self, encounter: Encounter) -> str | None:
        return None if encounter.given_rung is None else str(Rung(encounter.given_rung).label)


class ActivityFilters(filters.ApiFilterSet):
    """Filters of the list of activities."""

    external_id = filters.external_ids("recorded_as")
    kind = filters.choices("kind", ActivityKind.values)
    champion_id = filters.ids("champion__public_id", "cha", method="of_known", for_reader=True)
    account_id = filters.ids("account__public_id", "acc", method="of_company", for_reader=True)
    occurred_after = filters.since("occurred_at")
    occurred_before = filters.before("occurred_at")
    withdrawn = filters.truth("withdrawn_or_not", "Whether it was withdrawn.")
    created_after = filters.since("recorded_at")
    created_before = filters.before("recorded_at")


class EncounterFilters(filters.ApiFilterSet):
    """Filters of the list of encounters."""

    external_id = filters.external_ids("recorded_as")
    kind = filters.choices("kind", EncounterKind.values)
    role = filters.choices("role", TouchRole.values)
    activity_id = filters.ids("activity__public_id", "act")
    opportunity_id = filters.ids("opportunity__public_id", "opp", "Deals the encounter itself names.")
    buyer_account_id = filters.ids("buyer_account__public_id", "acc")
    buyer_domain = filters.texts("buyer_domain", longest=253)
    occurred_after = filters.since("occurred_at")
    occurred_before = filters.before("occurred_at")
    withdrawn = filters.truth("withdrawn_or_not", "Whether it was withdrawn.")
    created_after = filters.since("recorded_at")
    created_before = filters.before("recorded_at")


class Activities(ReadDoor[Activity]):
    """Acts in sight."""

    resource = "activities"
    model = Activity
    output = ActivityOutput
    filters = ActivityFilters
    may = may_see_activities
    scope = "activities:read"

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("champion__account", "account", "duplicate_of")

    def context_for(self, rows: Sequence[Activity]) -> dict[str, Any]:
        names = names_in(source_of(self.request.user), account=[row.account_id for row in rows])
        return {"external_names": names}

    def filter_parameters(self) -> list[Parameter]:
        """A hidden field's filter does not exist: clients read the account anyway, people only with the champion."""
        found, reader = super().filter_parameters(), self.request.user
        if shows_champions(reader):
            return found
        hidden = ("champion_id",) if isinstance(reader, ApiPrincipal) else ("champion_id", "account_id")
        return [parameter for parameter in found if parameter.name not in hidden]


class Encounters(ReadDoor[Encounter]):
    """Encounters of the acts in sight."""

    resource = "encounters"
    model = Encounter
    output = EncounterOutput
    filters = EncounterFilters
    may = may_see_activities
    scope = "activities:read"

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("activity", "opportunity", "buyer_contact", "buyer_account")

    def context_for(self, rows: Sequence[Encounter]) -> dict[str, Any]:
        names = names_in(
            source_of(self.request.user),
            account=[row.buyer_account_id for row in rows],
            contact=[row.buyer_contact_id for row in rows],
            opportunity=[row.opportunity_id for row in rows],
        )
        return {"external_names": names}
