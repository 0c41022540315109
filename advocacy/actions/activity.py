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
from advocacy.actions.recording import (
    NO_TRACES,
    Draft,
    Recorded,
    Traces,
    lock_all,
    mark_withdrawn,
    record,
    refuse_future,
    tell,
)
from advocacy.attribution.match import match_now
from advocacy.choices import ActivityKind, Cause
from advocacy.errors import DuplicateChain
from advocacy.models import Activity, Champion, Encounter
from advocacy.waking import wake_attribution
from clg.errors import DomainError


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
    trace_id: str = ""

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
    changed = {result.row: result.changed for result in results if result.row is not None and result.is_new}
    _tell_all("recorded", changed, by, {item.source_ref: item.trace_id for item in items})
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


def withdraw_activity(*, activity: Activity, reason: str, at: dt.datetime, by: User | None = None) -> Activity:
    """It did not happen, or was not ours: its touches stay as void ones and earn nothing."""
    return withdraw_activities(activities=[activity], reason=reason, at=at, by=by)[0]


@transaction.atomic
def withdraw_activities(
    *, activities: Sequence[Activity], reason: str, at: dt.datetime, by: User | None = None, traces: Traces = NO_TRACES
) -> list[Activity]:
    """The same for many at once; those that are withdrawn stay as they are."""
    rows = lock_all(Activity, activities)
    moved = [row for row in rows if not row.is_withdrawn]
    mark_withdrawn(Activity, moved, at=at, reason=reason or "withdrawn")
    _tell_moved("withdrawn", moved, "withdrawn_at", by, traces)
    return rows


def restore_activity(*, activity: Activity, at: dt.datetime, by: User | None = None) -> Activity:
    """Undo a withdrawal."""
    return restore_activities(activities=[activity], at=at, by=by)[0]


@transaction.atomic
def restore_activities(
    *, activities: Sequence[Activity], at: dt.datetime, by: User | None = None, traces: Traces = NO_TRACES
) -> list[Activity]:
    """The same for many at once; those that stand stay as they are."""
    rows = lock_all(Activity, activities)
    moved = [row for row in rows if row.is_withdrawn]
    mark_withdrawn(Activity, moved, at=None, reason="")
    _tell_moved("restored", moved, "withdrawn_at", by, traces)
    return rows


def mark_duplicate_activity(
    *, activity: Activity, duplicate_of: Activity | None, at: dt.datetime, by: User | None = None
) -> Activity:
    """Say which act this record repeats; None undoes it. Raises `Conflict` (duplicate_chain)."""
    original = duplicate_of.pk if duplicate_of else None
    if mark_duplicate_activities(originals={activity.pk: original}, at=at, by=by):
        raise DuplicateChain
    return Activity.objects.get(pk=activity.pk)


@transaction.atomic
def mark_duplicate_activities(
    *, originals: Mapping[int, int | None], at: dt.datetime, by: User | None = None, traces: Traces = NO_TRACES
) -> set[int]:
    """The same for many at once, by key: which act each repeats. Where one would form a chain, only those keys."""
    keys = {key for pair in originals.items() for key in pair if key is not None}
    rows = {row.pk: row for row in Activity.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
    repeated = Activity.objects.filter(duplicate_of__in=originals).values_list("duplicate_of", "pk")
    changed = {key: original for key, original in originals.items() if rows[key].duplicate_of_id != original}
    if in_chains := _in_chains(rows, changed, {(first, key) for first, key in repeated if key not in changed}):
        return in_chains
    for key, original in changed.items():
        rows[key].duplicate_of_id = original
    Activity.objects.bulk_update([rows[key] for key in changed], ["duplicate_of"])
    for what, is_repeat in (("withdrawn", True), ("restored", False)):
        moved = [rows[key] for key, original in changed.items() if (original is not None) is is_repeat]
        _tell_moved(what, moved, "duplicate_of", by, traces)
    return set()


def _in_chains(
    rows: Mapping[int, Activity], changed: Mapping[int, int | None], repeats: set[tuple[int, int]]
) -> set[int]:
    """Keys that would repeat themselves or a repeat, or that others repeat; `repeats`: (act, one that repeats it)."""
    after = {key: row.duplicate_of_id for key, row in rows.items()} | dict(changed)
    repeated = {first for first, _ in repeats} | {original for original in changed.values() if original is not None}
    return {
        key
        for key, original in changed.items()
        if original is not None and (original == key or after[original] is not None or key in repeated)
    }


def _tell_moved(what: str, activities: Sequence[Activity], column: str, by: User | None, traces: Traces) -> None:
    _tell_all(what, dict.fromkeys(activities, [column]), by, traces)
    _match_encounters(activities, Cause.WITHDRAWAL)


def _tell_all(what: str, changed: Mapping[Activity, Sequence[str]], by: User | None, traces: Traces) -> None:
    """The events; a person who did it waits for the credit, so the worker is woken."""
    rows = list(changed)
    prefetch_related_objects(rows, "account")
    columns = {row.pk: names for row, names in changed.items()}
    tell(what, rows, changed=columns, refs=lambda row: {"account": row.account.public_id}, traces=traces)
    if rows and by is not None:
        wake_attribution()


def _match_encounters(activities: Collection[Activity], cause: Cause) -> None:
    encounters = list(Encounter.objects.filter(activity__in=list(activities)).values_list("pk", flat=True))
    if encounters:
        match_now(encounters, cause=cause)
