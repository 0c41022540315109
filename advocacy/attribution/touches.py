"""Touches of deals for other parts: who met the deal, how surely, and whether it counts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class DealTouch:
    """One current touch. `is_counted_*`: on the path of the deal under the default model of that question."""

    touch_id: int
    opportunity_id: int
    champion_id: int
    activity_id: int
    activity_kind: str
    kind: str
    role: str
    rung: int
    side: str
    occurred_at: dt.datetime
    is_void: bool
    is_counted_sourced: bool
    is_counted_influenced: bool


def touches_for_opportunities(opportunity_ids: Collection[int], at: dt.datetime) -> Mapping[int, Sequence[DealTouch]]:
    """Deal -> its touches up to `at`, in order; a deal without any is left out. One statement for many deals."""
    found: dict[int, list[DealTouch]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TOUCHES, {"deals": sorted(opportunity_ids), "at": at})
        for row in cursor.fetchall():
            touch = DealTouch(*row)
            found[touch.opportunity_id].append(touch)
    return dict(found)


# advocacy_touch_deal; advocacy_credithead_one_current.
TOUCHES = """
    WITH path AS MATERIALIZED (
        SELECT h.opportunity_id, m.question, unnest(s.path) AS touch_id
        FROM advocacy_attributionmodel m
        JOIN advocacy_credithead h ON h.model_id = m.id AND h.opportunity_id = ANY (%(deals)s::bigint[])
        JOIN advocacy_creditset s ON s.id = h.credit_set_id AND s.state = 'lines'
        WHERE m.is_default
    )
    SELECT t.id, t.opportunity_id, t.champion_id, t.activity_id, t.activity_kind, t.kind, t.role, t.rung, t.side,
           t.occurred_at, t.void_reason <> '',
           EXISTS (SELECT FROM path p WHERE p.touch_id = t.id AND p.question = 'sourced'),
           EXISTS (SELECT FROM path p WHERE p.touch_id = t.id AND p.question = 'influenced')
    FROM advocacy_touch t
    WHERE t.opportunity_id = ANY (%(deals)s::bigint[]) AND t.superseded_at IS NULL AND t.occurred_at <= %(at)s
    ORDER BY t.opportunity_id, t.occurred_at, t.activity_id, t.encounter_id
"""
