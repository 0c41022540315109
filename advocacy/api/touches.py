"""`/api/v1/touches`: encounters tied to deals, with the rung that tied them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from accounts.api.relations import Reference
from accounts.api.synced import source_of
from accounts.external_ids import names_in
from advocacy.api.activities import ChampionId
from advocacy.api.rungs import RUNG_NAMES, rungs
from advocacy.choices import ActivityKind, EncounterKind, Side, TouchRole, VoidReason
from advocacy.models import Touch
from advocacy.permissions import may_see_attribution
from clg.api import filters
from clg.api.doors import ReadDoor
from clg.api.fields import Moment, PublicId, RelatedId, Text
from clg.api.outputs import Output


class TouchOutput(Output):
    """An encounter on a deal, as it counts now."""

    id = PublicId()
    opportunity = Reference()
    encounter_id = RelatedId(source="encounter")
    activity_id = RelatedId(source="activity")
    activity_kind = serializers.ChoiceField(choices=ActivityKind.choices, read_only=True)
    champion_id = ChampionId()
    kind = serializers.ChoiceField(choices=EncounterKind.choices, read_only=True)
    role = serializers.ChoiceField(choices=TouchRole.choices, read_only=True)
    rung = serializers.ChoiceField(
        choices=[(name, name) for name in RUNG_NAMES], read_only=True, source="get_rung_display"
    )
    side = serializers.ChoiceField(choices=Side.choices, read_only=True)
    occurred_at = Moment()
    weight_hint = serializers.DecimalField(max_digits=6, decimal_places=3, read_only=True)
    void_reason = Text(help_text=f"Why it may earn nothing: {', '.join(VoidReason.values)}; null while it may.")
    recorded_at = Moment()


class TouchFilters(filters.ApiFilterSet):
    """Filters of the list of touches."""

    opportunity_id = filters.ids("opportunity__public_id", "opp")
    activity_id = filters.ids("activity__public_id", "act")
    rung = rungs("having", "rung")
    side = filters.choices("side", Side.values)
    void = filters.truth("void", "Whether it may earn nothing any more.")
    created_after = filters.since("recorded_at")
    created_before = filters.before("recorded_at")


class Touches(ReadDoor[Touch]):
    """Current touches of the deals in sight."""

    resource = "touches"
    model = Touch
    output = TouchOutput
    filters = TouchFilters
    may = may_see_attribution
    scope = "attribution:read"

    def rows(self) -> Any:
        return super().rows().current()

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("opportunity", "encounter", "activity", "champion__account")

    def context_for(self, rows: Sequence[Touch]) -> dict[str, Any]:
        names = names_in(source_of(self.request.user), opportunity=[row.opportunity_id for row in rows])
        return {"external_names": names}
