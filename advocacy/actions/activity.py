"""Recording what champions did, one by one or many at once, taking it back, and saying that two records are one act.

A second call with the same (source, source_ref) and content, or the same target state, changes nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from accounts.models import MergeEvent, User
from accounts.sync.locks import hold_merges_off
from advocacy.actions.champion import nominate_unknown
from advocacy.actions.recording import Draft, Recorded, record, refuse_future
from advocacy.attribution.match import match_now
from advocacy.choices import ActivityKind, Cause
from advocacy.errors import DuplicateChain
from advocacy.models import Activity, Champion, Encounter
from advocacy.waking import wake_attribution
from clg.errors import DomainError
from clg.events.outbox import Event, emit_all


@dataclass(frozen=True, slots=True)
class ActivityItem:
    """One act, by whom and told by whom. A `contact_id` stands for the champion who that person is, or will be.

    `public_id` only where the caller derives our name of a new row.
    """

    kind: str
    title: str
    occurred_at: dt.datetime
    source: str
    source_ref: str
    champion_id: int | None = None
    contact_id: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    public_id: uuid.UUID | None = None

    @property
    def name(self) -> tuple[str, str]:
        return self.source, self.source_ref


@transaction.atomic
def record_activities(
    *,
    items: Sequence[ActivityItem],
    at: dt.datetime,
    by: User | None = None,
    why: str = "Named as the author of an activity",
) -> list[Recorded[Activity]]:
    """Store many acts in a bounded number of statements; one answer an item, in their order.

    Rules and errors are those of `record_activity`; a name that stands twice fails (duplicate_in_request). A person
    outside the pool is nominated because of `why`, and refused as `nominate_champion` refuses.
    """
    hold_merges_off()
    results = record(
        Activity,
        items,
        check=lambda item: refuse_future(item.occurred_at, at=at),
        draft=lambda sound: _drafts(sound, why, at),
    )
    changed = [result.row for result in results if result.row is not None and result.is_new]
    _tell_all("recorded", changed, by)
    _match_encounters(changed, Cause.TOUCH)
    return results


def _drafts(items: Sequence[ActivityItem], why: str, at: dt.datetime) -> Iterator[Draft | DomainError]:
    contact_ids = {item.contact_id for item in items if item.contact_id is not None}
    members = nominate_unknown(contact_ids=contact_ids, why=why, at=at)
    champions = _champions({item.champion_id for item in items if item.champion_id is not None})
    for item in items:
        found = members[item.contact_id] if item.contact_id is not None else champions[item.champion_id or 0]
        yield _draft(item, found) if isinstance(found, Champion) else found


def _champions(keys: Collection[int]) -> dict[int, Champion]:
    """Champions by key; for one whose contact was merged away, whom the winner is in the pool."""
    found = Champion.objects.in_bulk(keys)
    heirs = MergeEvent.objects.heirs_of(contact=[champion.contact_id for champion in found.values()])["contact"]
    stay = {each.contact_id: each for each in Champion.objects.filter(contact__in=heirs.values())} if heirs else {}
    return {key: stay.get(heirs.get(each.contact_id, 0), each) for key, each in found.items()}


def _draft(item: ActivityItem, champion: Champion) -> Draft:
    content = {
        "champion_id": champion.pk,
        "kind": ActivityKind(item.kind),
        "title": item.title,
        "occurred_at": item.occurred_at,
        "evidence": dict(item.evidence),
    }
    first: dict[str, Any] = {"account_id": champion.account_id}
    return Draft(content, first | ({"public_id": item.public_id} if item.public_id else {}))


def record_activity(
    *,
    champion: Champion,
    kind: str,
    title: str,
    occurred_at: dt.datetime,
    source: str,
    source_ref: str,
    at: dt.datetime,
    evidence: Mapping[str, Any] | None = None,
    by: User | None = None,
) -> Activity:
    """Store one act of a champion; the account is the champion's of this moment.

    Other content for a known (source, source_ref) replaces the former. Raises `InvalidInput` (in_the_future).
    """
    item = ActivityItem(kind, title, occurred_at, source, source_ref, champion_id=champion.pk, evidence=evidence or {})
    return record_activities(items=[item], at=at, by=by)[0].stored()


@transaction.atomic
def withdraw_activity(*, activity: Activity, reason: str, at: dt.datetime, by: User | None = None) -> Activity:
    """It did not happen, or was not ours: its touches stay as void ones and earn nothing."""
    activity = _locked(activity)
    if activity.is_withdrawn:
        return activity
    activity.withdrawn_at, activity.withdrawn_reason = at, reason or "withdrawn"
    activity.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    _tell_all("withdrawn", [activity], by)
    _match_encounters([activity], Cause.WITHDRAWAL)
    return activity


@transaction.atomic
def restore_activity(*, activity: Activity, at: dt.datetime, by: User | None = None) -> Activity:
    """Undo a withdrawal."""
    activity = _locked(activity)
    if not activity.is_withdrawn:
        return activity
    activity.withdrawn_at, activity.withdrawn_reason = None, ""
    activity.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    _tell_all("restored", [activity], by)
    _match_encounters([activity], Cause.WITHDRAWAL)
    return activity


@transaction.atomic
def mark_duplicate_activity(
    *, activity: Activity, duplicate_of: Activity | None, at: dt.datetime, by: User | None = None
) -> Activity:
    """Say which act this record repeats; None undoes it. Raises `Conflict` (duplicate_chain)."""
    rows = {row.pk: row for row in _lock_pair(activity, duplicate_of)}
    activity = rows[activity.pk]
    original = rows[duplicate_of.pk] if duplicate_of else None
    if activity.duplicate_of_id == (original.pk if original else None):
        return activity
    if original is not None and (
        original.pk == activity.pk or original.duplicate_of_id or activity.duplicates.exists()
    ):
        raise DuplicateChain
    activity.duplicate_of = original
    activity.save(update_fields=["duplicate_of"])
    _tell_all("withdrawn" if original else "restored", [activity], by)
    _match_encounters([activity], Cause.WITHDRAWAL)
    return activity


def _lock_pair(activity: Activity, other: Activity | None) -> list[Activity]:
    keys = [activity.pk, other.pk] if other else [activity.pk]
    return list(Activity.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


def _locked(activity: Activity) -> Activity:
    return Activity.objects.select_for_update().get(pk=activity.pk)


def _tell_all(what: str, activities: Sequence[Activity], by: User | None) -> None:
    """The events; a person who did it waits for the credit, so the worker is woken."""
    prefetch_related_objects(activities, "account")
    emit_all(
        Event(f"activity.{what}", "activity", row.public_id, refs={"account": row.account.public_id})
        for row in activities
    )
    if activities and by is not None:
        wake_attribution()


def _match_encounters(activities: Sequence[Activity], cause: Cause) -> None:
    encounters = list(Encounter.objects.filter(activity__in=activities).values_list("pk", flat=True))
    if encounters:
        match_now(encounters, cause=cause)
