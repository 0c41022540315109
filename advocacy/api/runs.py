"""`/api/v1/attribution-runs`: computations of credit, with their progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from advocacy.choices import RunKind, RunStatus
from advocacy.models import AttributionRun
from advocacy.permissions import may_see_attribution, sees_everything
from clg.api import filters
from clg.api.doors import ReadDoor
from clg.api.fields import Moment, PublicId


class ProgressOutput(serializers.Serializer[Any]):
    """How far a run is."""

    deals_done = serializers.IntegerField(read_only=True)
    deals_total = serializers.IntegerField(read_only=True)
    sets_written = serializers.IntegerField(read_only=True)
    lines_written = serializers.IntegerField(read_only=True)


class RunOutput(serializers.Serializer[Any]):
    """One computation."""

    id = PublicId()
    kind = serializers.ChoiceField(choices=RunKind.choices, read_only=True)
    status = serializers.ChoiceField(choices=RunStatus.choices, read_only=True)
    as_of = Moment()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    frozen_name = serializers.CharField(read_only=True, allow_null=True)
    frozen_at = Moment(allow_null=True)
    progress = ProgressOutput(source="*")
    totals = serializers.DictField(
        read_only=True, allow_null=True, help_text="By model, in minor units; null for readers who see some deals only."
    )
    rejected_by_reason = serializers.DictField(read_only=True, allow_null=True)

    def to_representation(self, instance: AttributionRun) -> dict[str, Any]:
        hidden = () if self.context["shows_totals"] else ("totals", "rejected_by_reason")
        return super().to_representation(instance) | dict.fromkeys(hidden)


class RunFilters(filters.ApiFilterSet):
    """Filters of the list of runs."""

    kind = filters.choices("kind", RunKind.values)
    status = filters.choices("status", RunStatus.values)
    created_after = filters.since("started_at")
    created_before = filters.before("started_at")


class AttributionRuns(ReadDoor[AttributionRun]):
    """All runs; their totals for those who see every deal."""

    resource = "attribution-runs"
    model = AttributionRun
    output = RunOutput
    filters = RunFilters
    may = may_see_attribution
    scope = "attribution:read"

    def with_output(self, rows: Any) -> Any:
        return rows.with_progress()

    def context_for(self, rows: Sequence[AttributionRun]) -> dict[str, Any]:
        reader = self.request.user
        return {"shows_totals": sees_everything(reader) or hasattr(reader, "scopes")}
