"""What the change feed tells of this floor. `attribution` section 7, `readiness` section 12."""

from __future__ import annotations

from advocacy.models import Activity, Ask, AttributionRun, Champion, CreditHead, Encounter, Grant, TakedownTask
from advocacy.permissions import may_see_activities, may_see_asks, may_see_attribution, may_see_grants, may_see_pool
from clg.events.kinds import Kind, register_kind


def register_feed() -> None:
    """Called in `ready()`."""
    of_credit = {"attribution": CreditHead.PUBLIC_PREFIX, "attribution_run": AttributionRun.PUBLIC_PREFIX}
    of_champions = {"champion": Champion.PUBLIC_PREFIX}
    recorded = ("recorded", "withdrawn", "restored")
    standings = ("nominated", "invited", "activated", "rested", "paused", "retired", "departed")
    moved = ("updated", "resync_required", "run_completed", "run_frozen", "model_activated")
    register_kind(Kind("attribution", moved, may_see_attribution, of_credit))
    register_kind(Kind("activity", recorded, may_see_activities, {"activity": Activity.PUBLIC_PREFIX}))
    register_kind(Kind("encounter", recorded, may_see_activities, {"encounter": Encounter.PUBLIC_PREFIX}))
    register_kind(Kind("champion", standings, may_see_pool, of_champions))
    asked = ("reserved", "sent", "answered", "withdrawn", "done", "missed", "logged", "overridden")
    register_kind(Kind("ask", asked, may_see_asks, {"ask": Ask.PUBLIC_PREFIX}))
    granted = ("granted", "refused", "expiring", "expired", "withdrawn")
    register_kind(Kind("grant", granted, may_see_grants, {"grant": Grant.PUBLIC_PREFIX}))
    register_kind(Kind("takedown", ("opened", "closed"), may_see_grants, {"takedown": TakedownTask.PUBLIC_PREFIX}))
    register_kind(Kind("readiness", ("band_changed",), may_see_pool, of_champions))
