"""What telling an activity and telling an encounter do differently: reading, recording, taking back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from advocacy.actions.activity import ActivityItem, record_activities, restore_activities, withdraw_activities
from advocacy.actions.encounter import EncounterItem, record_encounters, restore_encounters, withdraw_encounters
from advocacy.actions.recording import Recorded, Traces
from advocacy.models import Activity, Encounter
from advocacy.records.planning import Plan

# Why a record is withdrawn that its source deleted; one that a person withdrew has another reason and stays so.
DELETED_BY_SOURCE: Final = "deleted by its source"
WHY: Final = "Named as the author of an activity"


class Activities:
    """Activities of one source."""

    model = Activity

    def __init__(self, told_by: str, at: dt.datetime) -> None:
        self.told_by, self.at = told_by, at

    def rows(self, names: Iterable[str]) -> dict[str, Activity]:
        rows = Activity.objects.filter(source=self.told_by, source_ref__in=list(names)).select_related("champion")
        return {row.source_ref: row for row in rows}

    @staticmethod
    def values_of(row: Activity) -> dict[str, Any]:
        return {
            "kind": row.kind,
            "title": row.title,
            "occurred_at": row.occurred_at,
            "champion_contact": row.champion.contact_id,
            "duplicate_of": row.duplicate_of_id,
        }

    def record(self, plans: Sequence[Plan]) -> Sequence[Recorded[Any]]:
        return record_activities(items=[self._item(plan) for plan in plans], at=self.at, why=WHY)

    def _item(self, plan: Plan) -> ActivityItem:
        return ActivityItem(
            kind=plan.content["kind"],
            title=plan.content["title"],
            occurred_at=plan.content["occurred_at"],
            source=self.told_by,
            source_ref=plan.told.external_id,
            contact_id=plan.content["champion_contact"],
            evidence=plan.row.evidence if plan.row else {},
            trace_id=plan.told.trace_id,
        )

    def withdraw(self, rows: Sequence[Any], traces: Traces) -> None:
        withdraw_activities(activities=rows, reason=DELETED_BY_SOURCE, at=self.at, traces=traces)

    def restore(self, rows: Sequence[Any], traces: Traces) -> None:
        restore_activities(activities=rows, at=self.at, traces=traces)


class Encounters:
    """Encounters of one source."""

    model = Encounter

    def __init__(self, told_by: str, at: dt.datetime) -> None:
        self.told_by, self.at = told_by, at

    def rows(self, names: Iterable[str]) -> dict[str, Encounter]:
        rows = Encounter.objects.filter(source=self.told_by, source_ref__in=list(names))
        return {row.source_ref: row for row in rows}

    @staticmethod
    def values_of(row: Encounter) -> dict[str, Any]:
        return {
            "kind": row.kind,
            "role": row.role,
            "occurred_at": row.occurred_at,
            "buyer_domain": row.buyer_domain,
            "weight_hint": row.weight_hint,
            "activity": row.activity_id,
            "opportunity": row.opportunity_id,
            "buyer_contact": row.buyer_contact_id,
            "buyer_account": row.buyer_account_id,
        }

    def record(self, plans: Sequence[Plan]) -> Sequence[Recorded[Any]]:
        return record_encounters(items=[self._item(plan) for plan in plans], at=self.at)

    def _item(self, plan: Plan) -> EncounterItem:
        content = plan.content
        return EncounterItem(
            activity_id=content["activity"],
            kind=content["kind"],
            role=content["role"],
            occurred_at=content["occurred_at"],
            buyer_domain=content["buyer_domain"],
            weight_hint=content["weight_hint"],
            opportunity_id=content["opportunity"],
            buyer_contact_id=content["buyer_contact"],
            buyer_account_id=content["buyer_account"],
            given_rung=plan.row.given_rung if plan.row and content["opportunity"] else None,
            source=self.told_by,
            source_ref=plan.told.external_id,
            trace_id=plan.told.trace_id,
        )

    def withdraw(self, rows: Sequence[Any], traces: Traces) -> None:
        withdraw_encounters(encounters=rows, reason=DELETED_BY_SOURCE, at=self.at, traces=traces)

    def restore(self, rows: Sequence[Any], traces: Traces) -> None:
        restore_encounters(encounters=rows, at=self.at, traces=traces)
