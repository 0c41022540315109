"""`/api/v1/attribution-models`: how credit may be divided, and every version of each way."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OpportunityKind
from advocacy.choices import ActivityKind, Dedupe, Family, Question, Rung, Side
from advocacy.models import AttributionModel, AttributionModelVersion
from advocacy.permissions import may_see_attribution
from clg.api import filters
from clg.api.doors import ReadDoor
from clg.api.fields import Keyed, Moment
from clg.api.outputs import Output
from clg.errors import NotFound


class RuleParameters(Keyed):
    """What the family of the rule needs: weights of positions, or a half-life."""


class VersionOutput(Output):
    """One rule with every choice it makes."""

    version = serializers.IntegerField(source="number", read_only=True)
    family = serializers.ChoiceField(choices=Family.choices, read_only=True)
    parameters = RuleParameters()
    anchor = serializers.CharField(read_only=True, help_text="opened, closed or stage:<code>")
    window_days = serializers.IntegerField(read_only=True)
    dedupe = serializers.ChoiceField(choices=Dedupe.choices, read_only=True)
    rungs = serializers.SerializerMethodField()
    sides = serializers.ListField(child=serializers.ChoiceField(choices=Side.choices), read_only=True)
    opportunity_kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=OpportunityKind.choices), read_only=True
    )
    activity_kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=ActivityKind.choices), read_only=True, allow_null=True
    )
    use_hint = serializers.BooleanField(read_only=True)
    note = serializers.CharField(read_only=True)
    created_at = Moment()

    def get_rungs(self, version: AttributionModelVersion) -> list[str]:
        return [str(Rung(number).label) for number in sorted(version.rungs)]


class ModelOutput(Output):
    """One way to divide credit, with its current rule."""

    key = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    question = serializers.ChoiceField(choices=Question.choices, read_only=True)
    description = serializers.CharField(read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    is_default = serializers.BooleanField(read_only=True)
    current = VersionOutput(source="current_version", allow_null=True)


class ModelFilters(filters.ApiFilterSet):
    """Filters of the list of models."""

    question = filters.choices("question", Question.values)
    is_active = filters.truths("is_active", "Whether it is computed.")


class VersionFilters(filters.ApiFilterSet):
    """Filters of the list of versions."""

    created_after = filters.since("created_at")
    created_before = filters.before("created_at")


class AttributionModels(ReadDoor[AttributionModel]):
    """All models; they are the same for everybody who may look."""

    resource = "attribution-models"
    model = AttributionModel
    output = ModelOutput
    filters = ModelFilters
    may = may_see_attribution
    scope = "attribution:read"

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("current_version")

    def retrieve(self, request: Request, key: str) -> Response:
        """One model by its key."""
        return self.answer(model_keyed(self.with_output(self.rows()), key))


class ModelVersions(ReadDoor[AttributionModelVersion]):
    """The versions of one model, oldest first."""

    resource = "attribution-model-versions"
    model = AttributionModelVersion
    output = VersionOutput
    filters = VersionFilters
    may = may_see_attribution
    scope = "attribution:read"

    def rows(self) -> Any:
        found = model_keyed(AttributionModel.objects.visible_to(self.request.user), self.kwargs["key"])
        return super().rows().filter(model=found)


def model_keyed(rows: Any, key: str) -> AttributionModel:
    """The model of this key. Raises `NotFound`."""
    found: AttributionModel | None = rows.filter(key=key).first()
    if found is None:
        raise NotFound("There is no attribution model with this key.")
    return found
