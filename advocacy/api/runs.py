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
from clg.api.fields import Keyed, Moment, PublicId
from clg.api.outputs import Output


class ProgressOutput(Output):
    """How far a run is."""

    deals_done = serializers.IntegerField(read_only=True)
    deals_total = serializers.IntegerField(read_only=True)
    sets_written = serializers.IntegerField(read_only=True)
    lines_written = serializers.IntegerField(read_only=True)


class FiguresOutput(Output):
    """What the ledger says of one model after the run; reporting money in minor units. A figure of zero is left out."""

    deals = serializers.IntegerField(required=False)
    deals_credited = serializers.IntegerField(required=False)
    credited_minor = serializers.IntegerField(required=False)
    unattributed_minor = serializers.IntegerField(required=False)
    without_rate = serializers.IntegerField(required=False)


class FiguresByModel(Keyed):
    """By model."""

    @staticmethod
    def member() -> serializers.Field[Any, Any, Any, Any]:
        return FiguresOutput()


class CountsByReason(Keyed):
    """Refused touches by reason."""

    @staticmethod
    def member() -> serializers.Field[Any, Any, Any, Any]:
        return serializers.IntegerField()


class RefusalsByModel(Keyed):
    """By model."""

    @staticmethod
    def member() -> serializers.Field[Any, Any, Any, Any]:
        return CountsByReason()


class RunOutput(Output):
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
    totals = FiguresByModel(allow_null=True, help_text="Null for readers who see some deals only.")
    rejected_by_reason = RefusalsByModel(allow_null=True, help_text="Null for readers who see some deals only.")

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
