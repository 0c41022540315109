"""Activities and encounters of the demo, recorded as anybody's are: told by event and matched to deals at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from accounts.models import User
from advocacy.actions.activity import ActivityItem, mark_duplicate_activity, record_activities, withdraw_activity
from advocacy.actions.encounter import EncounterItem, record_encounters, withdraw_encounter
from advocacy.models import Activity, Champion
from growth.demo.advocacy import Deed, Meeting
from growth.demo.load.crm import Keys
from growth.demo.seed import Seed

BATCH = 5000
T = TypeVar("T")


def load_deeds(seed: Seed, deeds: Sequence[Deed], champions: Mapping[str, Champion]) -> dict[str, Activity]:
    """Activities by the demo's key; what repeats another or did not happen is said afterwards, as in life."""
    rows: dict[str, Activity] = {}
    for batch in _batches(deeds):
        items = [_activity(seed, deed, champions[deed.champion_key]) for deed in batch]
        stored = record_activities(items=items, at=seed.at)
        rows |= {deed.key: result.stored() for deed, result in zip(batch, stored, strict=True)}
    for deed in deeds:
        if deed.duplicate_of:
            mark_duplicate_activity(activity=rows[deed.key], duplicate_of=rows[deed.duplicate_of], at=seed.at)
        if deed.withdrawn:
            at = _later(seed, deed.occurred_at)
            withdraw_activity(activity=rows[deed.key], reason=deed.withdrawn, at=at)
    return rows


def _batches(rows: Iterable[T]) -> Iterable[list[T]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def _activity(seed: Seed, deed: Deed, champion: Champion) -> ActivityItem:
    return ActivityItem(
        kind=deed.kind,
        title=deed.title,
        occurred_at=deed.occurred_at,
        source=deed.source,
        source_ref=deed.key,
        champion_id=champion.pk,
        public_id=seed.public_id("activity", deed.key),
    )


def _later(seed: Seed, moment: dt.datetime) -> dt.datetime:
    return min(moment + dt.timedelta(days=3), seed.at)


def load_meetings(
    seed: Seed, meetings: Sequence[Meeting], deeds: Mapping[str, Activity], keys: Keys, users: Mapping[str, User]
) -> None:
    """Encounters, matched; then what was not the buyer is taken back."""
    for batch in _batches(meetings):
        items = [_encounter(seed, meeting, deeds, keys, users) for meeting in batch]
        for meeting, result in zip(batch, record_encounters(items=items, at=seed.at), strict=True):
            encounter = result.stored()
            if meeting.withdrawn:
                at = _later(seed, meeting.occurred_at)
                withdraw_encounter(encounter=encounter, reason=meeting.withdrawn, at=at)


def _encounter(
    seed: Seed, meeting: Meeting, deeds: Mapping[str, Activity], keys: Keys, users: Mapping[str, User]
) -> EncounterItem:
    named_by = users.get(meeting.named_by)
    return EncounterItem(
        activity_id=deeds[meeting.deed_key].pk,
        kind=meeting.kind,
        occurred_at=meeting.occurred_at,
        source=meeting.source,
        source_ref=meeting.key,
        role=meeting.role,
        opportunity_id=keys.opportunities.get(meeting.deal_key),
        given_rung=meeting.given_rung,
        buyer_contact_id=keys.contacts.get(meeting.contact_key),
        buyer_account_id=keys.accounts.get(meeting.account_key),
        buyer_domain=meeting.domain,
        weight_hint=meeting.weight_hint,
        named_by_id=named_by.pk if named_by else None,
        public_id=seed.public_id("encounter", meeting.key),
    )
