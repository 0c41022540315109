"""Naming a touch: a person says that an act of a champion met a deal, or that the deal exists because of it.

The encounter is of the source `person` and names the deal, so it stands on the first rung. Naming the same act on the
same deal again changes what was said of it; it never makes a second touch. `attribution` 2.1, 7.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from accounts.models import Opportunity, User
from advocacy.actions.activity import record_activity
from advocacy.actions.encounter import record_encounter, restore_encounter
from advocacy.choices import EncounterKind
from advocacy.models import Activity, Champion, Encounter

BY_PERSON: Final = "person"


@transaction.atomic
def name_touch(
    *,
    opportunity: Opportunity,
    activity: Activity,
    role: str,
    by: User,
    at: dt.datetime,
    occurred_at: dt.datetime | None = None,
    kind: str = EncounterKind.CONVERSATION,
) -> Encounter:
    """Tie an act to a deal, by a person's word; without a moment, the act's own. One that was withdrawn counts again.

    Raises `InvalidInput` (in_the_future).
    """
    encounter = record_encounter(
        activity=activity,
        kind=kind,
        role=role,
        occurred_at=occurred_at or activity.occurred_at,
        opportunity=opportunity,
        source=BY_PERSON,
        source_ref=f"{opportunity.public_id.hex}:{activity.public_id.hex}",
        named_by=by,
        at=at,
    )
    return restore_encounter(encounter=encounter, by=by, at=at)


@transaction.atomic
def name_new_touch(
    *,
    opportunity: Opportunity,
    champion: Champion,
    activity_kind: str,
    title: str,
    role: str,
    occurred_at: dt.datetime,
    by: User,
    at: dt.datetime,
    kind: str = EncounterKind.CONVERSATION,
) -> Encounter:
    """The same for an act that nobody has recorded: it is, as of that moment. Raises `InvalidInput` (in_the_future).

    A champion does one thing of a kind at a moment, so a second call finds the act of the first.
    """
    activity = record_activity(
        champion=champion,
        kind=activity_kind,
        title=title,
        occurred_at=occurred_at,
        source=BY_PERSON,
        source_ref=f"{champion.public_id.hex}:{activity_kind}:{occurred_at.isoformat()}",
        by=by,
        at=at,
    )
    return name_touch(
        opportunity=opportunity, activity=activity, role=role, occurred_at=occurred_at, kind=kind, by=by, at=at
    )
