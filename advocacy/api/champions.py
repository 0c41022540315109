"""`/api/v1/champions`: the pool with standing and readiness. `readiness` 12, as far as it is built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.accounts import expand_account
from accounts.api.relations import Reference
from accounts.api.synced import names_for, source_of
from accounts.external_ids import names_in
from accounts.principals import has_scope
from advocacy.choices import Band, Standing
from advocacy.models import Champion
from advocacy.permissions import may_know_champion, may_see_pool
from advocacy.readiness.explain import explain_champion
from clg.api import filters, parameters
from clg.api.doors import ReadDoor
from clg.api.fields import Moment, PublicId, Text
from clg.api.outputs import Output

# Keys of a part as the scoring job stores it, without the signal's own key; those that are null may be missing.
_PART = ("kind", "weight", "value", "raw", "observed_at", "decay", "points", "origin")


class PartOutput(Output):
    """What one kind of signal adds; the points of all parts sum to the score exactly."""

    kind = serializers.CharField(read_only=True)
    weight = serializers.IntegerField(read_only=True)
    value = serializers.CharField(read_only=True, allow_null=True)
    raw = serializers.CharField(read_only=True, allow_null=True)
    observed_at = Moment(read_only=True, allow_null=True)
    decay = serializers.CharField(read_only=True, allow_null=True)
    points = serializers.CharField(read_only=True)
    origin = serializers.CharField(read_only=True)

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return super().to_representation(dict.fromkeys(_PART) | instance)


class ReadinessOutput(Output):
    """How good the relationship is now."""

    score = serializers.DecimalField(max_digits=5, decimal_places=2, read_only=True, allow_null=True)
    band = serializers.ChoiceField(choices=Band.choices, read_only=True)
    coverage = serializers.DecimalField(max_digits=5, decimal_places=2, read_only=True)
    confidence = serializers.DecimalField(max_digits=5, decimal_places=2, read_only=True)
    scored_week = serializers.DateField(read_only=True)
    model_version = serializers.IntegerField(source="model.version", read_only=True)
    parts = PartOutput(many=True)


class ChampionOutput(Output):
    """A contact in the advocate pool."""

    id = PublicId()
    version = serializers.IntegerField(read_only=True, help_text="Of the membership: scores move without it.")
    name = serializers.SerializerMethodField(help_text="Null for readers who see companies, not persons.")
    contact = Reference(allow_null=True)
    account = Reference()
    standing = serializers.ChoiceField(choices=Standing.choices, read_only=True)
    standing_reason = Text()
    standing_since = Moment()
    rests_until = Moment(allow_null=True)
    paused_until = Moment(allow_null=True)
    joined_at = Moment(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField(), read_only=True)
    use_cases = serializers.ListField(child=serializers.CharField(), read_only=True)
    products = serializers.SerializerMethodField(help_text="Names of the products they know.")
    readiness = ReadinessOutput(read_only=True, allow_null=True, help_text="Null until the first scoring.")
    created_at = Moment()

    def get_products(self, champion: Champion) -> list[str]:
        return sorted(product.name for product in champion.products.all())

    def get_name(self, champion: Champion) -> str | None:
        return (champion.contact.full_name or None) if self._shows_person(champion) else None

    def to_representation(self, instance: Champion) -> dict[str, Any]:
        hidden = () if self._shows_person(instance) else ("contact",)
        return super().to_representation(instance) | dict.fromkeys(hidden)

    def _shows_person(self, champion: Champion) -> bool:
        return _shows_person(champion, self.context["request"].user)


class MissingOutput(Output):
    """A kind of signal that would count and is not there."""

    kind = serializers.CharField(read_only=True)
    weight = serializers.IntegerField(read_only=True)
    rule = serializers.CharField(read_only=True)


class ExplainedReadiness(ReadinessOutput):
    """The score computed anew, with what is missing."""

    model_version = serializers.IntegerField()
    missing = MissingOutput(many=True)


class ChampionExplanationOutput(Output):
    """Why a champion has this readiness."""

    id = serializers.CharField()
    standing = serializers.ChoiceField(choices=Standing.choices, read_only=True)
    at = Moment()
    readiness = ExplainedReadiness()


class ChampionFilters(filters.ApiFilterSet):
    """Filters of the pool."""

    standing = filters.choices("standing", Standing.values)
    band = filters.some("in_bands", Band.values)
    account_id = filters.ids("account__public_id", "acc")
    language = filters.Call("speaking", form=parameters.texts(35), description="BCP 47, by comma.")
    created_after = filters.since("created_at")
    created_before = filters.before("created_at")


class Champions(ReadDoor[Champion]):
    """The pool in sight."""

    resource = "champions"
    model = Champion
    output = ChampionOutput
    filters = ChampionFilters
    may = may_see_pool
    scope = "champions:read"
    expansions: ClassVar = {"account": expand_account("account_id")}
    outputs: ClassVar = {"explain": ChampionExplanationOutput}

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("contact", "account", "readiness__model").prefetch_related("products")

    def context_for(self, rows: Sequence[Champion]) -> dict[str, Any]:
        reader = self.request.user
        names = names_in(source_of(reader), account=[r.account_id for r in rows], contact=[r.contact_id for r in rows])
        return {"external_names": names}

    def context_for_related(self, rows: Sequence[Any]) -> dict[str, Any]:
        return {"external_names": names_for(self.request.user, rows)}

    def explain(self, request: Request, public_id: str) -> Response:
        """The readiness of one champion as of now, computed anew: every part, and what is missing."""
        found = explain_champion(self.row_named(public_id), at=timezone.now())
        return Response(ChampionExplanationOutput(found).data)


def _shows_person(champion: Champion, reader: Any) -> bool:
    """The person by name: for those who know them, and for clients that also read contacts."""
    return bool(may_know_champion(reader, champion)) or has_scope(reader, "contacts:read")
