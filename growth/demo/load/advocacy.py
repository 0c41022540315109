"""Activities and encounters of the demo. The matcher ties them to deals at its next run, from the marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from accounts.models import User
from advocacy.models import Activity, Champion, Encounter
from growth.demo.advocacy import Deed, Meeting
from growth.demo.load.crm import Keys
from growth.demo.seed import Seed

BATCH = 5000


def load_deeds(seed: Seed, deeds: Sequence[Deed], champions: Mapping[str, Champion]) -> dict[str, Activity]:
    """Activities by the demo's key; repeats are marked as such in a second step."""
    rows = {deed.key: _activity(seed, deed, champions[deed.champion_key]) for deed in deeds}
    Activity.objects.bulk_create(rows.values(), batch_size=BATCH)
    repeats = [deed for deed in deeds if deed.duplicate_of]
    for deed in repeats:
        rows[deed.key].duplicate_of = rows[deed.duplicate_of]
    Activity.objects.bulk_update([rows[deed.key] for deed in repeats], ["duplicate_of"])
    return rows


def _activity(seed: Seed, deed: Deed, champion: Champion) -> Activity:
    return Activity(
        public_id=seed.public_id("activity", deed.key),
        champion=champion,
        account_id=champion.account_id,
        kind=deed.kind,
        title=deed.title,
        occurred_at=deed.occurred_at,
        source=deed.source,
        source_ref=deed.key,
        withdrawn_at=_later(seed, deed.occurred_at) if deed.withdrawn else None,
        withdrawn_reason=deed.withdrawn,
    )


def _later(seed: Seed, moment: dt.datetime) -> dt.datetime:
    return min(moment + dt.timedelta(days=3), seed.at)


def load_meetings(
    seed: Seed, meetings: Sequence[Meeting], deeds: Mapping[str, Activity], keys: Keys, users: Mapping[str, User]
) -> None:
    Encounter.objects.bulk_create(
        (_encounter(seed, meeting, deeds, keys, users) for meeting in meetings), batch_size=BATCH
    )


def _encounter(
    seed: Seed, meeting: Meeting, deeds: Mapping[str, Activity], keys: Keys, users: Mapping[str, User]
) -> Encounter:
    return Encounter(
        public_id=seed.public_id("encounter", meeting.key),
        activity=deeds[meeting.deed_key],
        opportunity_id=keys.opportunities.get(meeting.deal_key),
        given_rung=meeting.given_rung,
        buyer_contact_id=keys.contacts.get(meeting.contact_key),
        buyer_account_id=keys.accounts.get(meeting.account_key),
        buyer_domain=meeting.domain,
        occurred_at=meeting.occurred_at,
        kind=meeting.kind,
        role=meeting.role,
        weight_hint=meeting.weight_hint,
        named_by=users.get(meeting.named_by),
        source=meeting.source,
        source_ref=meeting.key,
        withdrawn_at=_later(seed, meeting.occurred_at) if meeting.withdrawn else None,
        withdrawn_reason=meeting.withdrawn,
    )
