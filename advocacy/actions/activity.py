"""Recording what champions did, taking it back, and saying that two records are one act.

A second call with the same (source, source_ref) and content, or the same target state, changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from advocacy.actions.recording import refuse_future, store
from advocacy.attribution.match import match_now
from advocacy.choices import ActivityKind, Cause
from advocacy.errors import DuplicateChain
from advocacy.models import Activity, Champion
from advocacy.waking import wake_attribution
from clg.events.outbox import emit


@transaction.atomic
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
    refuse_future(occurred_at, at=at)
    content = {
        "champion": champion,
        "kind": ActivityKind(kind),
        "title": title,
        "occurred_at": occurred_at,
        "evidence": dict(evidence or {}),
    }
    activity, changed = store(Activity, source, source_ref, content, account=champion.account)
    if changed:
        _tell("recorded", activity)
        _match_encounters(activity, Cause.TOUCH)
    return activity


@transaction.atomic
def withdraw_activity(*, activity: Activity, reason: str, at: dt.datetime, by: User | None = None) -> Activity:
    """It did not happen, or was not ours: its touches stay as void ones and earn nothing."""
    activity = _locked(activity)
    if activity.is_withdrawn:
        return activity
    activity.withdrawn_at, activity.withdrawn_reason = at, reason or "withdrawn"
    activity.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    _tell("withdrawn", activity, by)
    _match_encounters(activity, Cause.WITHDRAWAL)
    return activity


@transaction.atomic
def restore_activity(*, activity: Activity, at: dt.datetime, by: User | None = None) -> Activity:
    """Undo a withdrawal."""
    activity = _locked(activity)
    if not activity.is_withdrawn:
        return activity
    activity.withdrawn_at, activity.withdrawn_reason = None, ""
    activity.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    _tell("restored", activity, by)
    _match_encounters(activity, Cause.WITHDRAWAL)
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
    _tell("withdrawn" if original else "restored", activity, by)
    _match_encounters(activity, Cause.WITHDRAWAL)
    return activity


def _lock_pair(activity: Activity, other: Activity | None) -> list[Activity]:
    keys = [activity.pk, other.pk] if other else [activity.pk]
    return list(Activity.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


def _locked(activity: Activity) -> Activity:
    return Activity.objects.select_for_update().get(pk=activity.pk)


def _tell(what: str, activity: Activity, by: User | None = None) -> None:
    """The event; a person who did it waits for the credit, so the worker is woken."""
    refs = {"account": activity.account.public_id}
    emit(f"activity.{what}", object_type="activity", object_id=activity.public_id, refs=refs)
    if by is not None:
        wake_attribution()


def _match_encounters(activity: Activity, cause: Cause) -> None:
    encounters = list(activity.encounters.values_list("pk", flat=True))
    if encounters:
        match_now(encounters, cause=cause)
