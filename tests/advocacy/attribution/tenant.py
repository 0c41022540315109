"""A small company to match and attribute in: named moments and one-line makers of rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Opportunity
from advocacy.actions.activity import record_activity
from advocacy.actions.encounter import record_encounter
from advocacy.models import Activity, Credit, CreditHead, Encounter, Touch
from tests.factories.accounts import OpportunityFactory
from tests.factories.advocacy import ChampionFactory

OPENED = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)
AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
_refs = count(1)


def day(n: int) -> dt.datetime:
    """Moments by days after the opening of the tenant's deals."""
    return OPENED + dt.timedelta(days=n)


def deal(**fields: Any) -> Opportunity:
    return OpportunityFactory(**{"opened_at": OPENED, **fields})


def act(n: int = 0, **fields: Any) -> Activity:
    """An activity on day n of a champion at another company."""
    champion: Any = fields.pop("champion", None) or ChampionFactory()
    values = {"kind": "reference_call", "title": "Call", "occurred_at": day(n), "source": "test", "at": AT}
    return record_activity(champion=champion, **{**values, "source_ref": f"a{next(_refs)}", **fields})


def meet(n: int = 0, **fields: Any) -> Encounter:
    """An encounter on day n."""
    activity = fields.pop("activity", None) or act(n)
    values = {"kind": "conversation", "occurred_at": day(n), "source": "test", "at": AT}
    return record_encounter(activity=activity, **{**values, "source_ref": f"e{next(_refs)}", **fields})


def touches_of(encounter: Encounter) -> dict[int, tuple[int, str]]:
    """Deal -> (rung, side) of the current touches."""
    rows = Touch.objects.filter(encounter=encounter, superseded_at=None)
    return {deal_id: (rung, side) for deal_id, rung, side in rows.values_list("opportunity_id", "rung", "side")}


Lines = Mapping[tuple[str, int], tuple[str, tuple[tuple[Any, ...], ...]]]


def ledger() -> Lines:
    """(model, deal) -> state and lines of the head, closed ones left out."""
    lines: dict[int, list[tuple[Any, ...]]] = {}
    rows = Credit.objects.order_by("credit_set_id", "line_no")
    for set_id, *line in rows.values_list(
        "credit_set_id", "touch_id", "unattributed_reason", "raw", "credit_micros", "amount_minor", "reporting_minor"
    ):
        lines.setdefault(set_id, []).append(tuple(line))
    heads = CreditHead.objects.select_related("model", "credit_set")
    return {
        (head.model.key, head.opportunity_id): (head.credit_set.state, tuple(lines[head.credit_set_id]))
        for head in heads
        if head.credit_set.state == "lines"
    }


def micros(model: str, opportunity: Opportunity) -> dict[Any, int]:
    """Encounter (None for the line without touch) -> micro-units of the deal under a model."""
    head = CreditHead.objects.get(model__key=model, opportunity=opportunity)
    rows = head.credit_set.lines.values_list("touch__encounter_id", "credit_micros")
    return dict(rows)


def now() -> dt.datetime:
    return timezone.now()
