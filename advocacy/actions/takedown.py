"""Places where something stands on a grant, and taking them down when it ends. `readiness` 8.2."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from accounts.models import User
from advocacy.actions.meters import lock_grant
from advocacy.business_days import business_days_after
from advocacy.choices import GrantEnd, PublicationChannel
from advocacy.errors import NotCovered, TakedownProof
from advocacy.grants.coverage import Plan, coverage_of
from advocacy.grants.lifecycle import GIVEN
from advocacy.models import Grant, GrantUse, TakedownTask
from clg.events.outbox import emit

_DUE_AFTER_WITHDRAWAL: Final = 5
_DUE_IN_SALES_DECKS: Final = 1
_DUE_AFTER_END: Final = 10


@dataclass(frozen=True)
class Place:
    """Where something stands on a grant: an object of ours or a place outside."""

    label: str
    channel: str
    url: str = ""
    object_type: str = ""
    object_id: str = ""


@transaction.atomic
def use_grant(*, grant: Grant, place: Place, by: User | None, at: dt.datetime) -> GrantUse:
    """Record one place of use; the grant must cover it today. Raises `NotCovered`."""
    grant = lock_grant(grant)
    day = at.astimezone(dt.UTC).date()
    in_term = grant.valid_from <= day and (grant.valid_until is None or day <= grant.valid_until)
    fits = not grant.channels or place.channel in grant.channels
    if grant.state not in GIVEN or not in_term or not fits or not _other_key(grant, day, place):
        raise NotCovered
    return GrantUse.objects.create(
        grant=grant,
        label=place.label,
        channel=PublicationChannel(place.channel),
        url=place.url,
        object_type=place.object_type,
        object_id=place.object_id,
        since=day,
        made_by=by,
    )


def _other_key(grant: Grant, day: dt.date, place: Place) -> bool:
    """Whether the other key is there as well, for a grant of a person whose use needs both."""
    if grant.champion_id is None:
        return True
    plan = Plan(channel=place.channel)
    return not coverage_of([grant.champion_id], use=grant.use, on=day, plan=plan)[grant.champion_id].missing


@transaction.atomic
def close_takedown(*, task: TakedownTask, by: User, at: dt.datetime, note: str = "", picture: str = "") -> TakedownTask:
    """It is down, and this shows it. Twice is once. Raises `TakedownProof`."""
    if not note.strip() and not picture:
        raise TakedownProof
    task = TakedownTask.objects.select_for_update(of=("self",)).select_related("grant_use").get(pk=task.pk)
    if task.closed_at is None:
        task.closed_at, task.closed_by, task.note, task.picture = at, by, note.strip(), picture
        task.save(update_fields=["closed_at", "closed_by", "note", "picture"])
        GrantUse.objects.filter(pk=task.grant_use_id, removed_at=None).update(removed_at=at)
        emit("takedown.closed", object_type="takedown", object_id=task.public_id, changed_fields=["closed_at"])
    return task


def chase_takedowns(*, at: dt.datetime) -> int:
    """Escalates what is overdue, once each; answers how many."""
    day = at.astimezone(dt.UTC).date()
    return TakedownTask.objects.filter(closed_at=None, escalated_at=None, due_on__lt=day).update(escalated_at=at)


def open_takedowns(grant: Grant, cause: GrantEnd, at: dt.datetime) -> None:
    """One task for every live place of use; the caller holds the grant."""
    owner = _owner_of(grant)
    for place in grant.uses.filter(removed_at=None, takedown=None):
        task = TakedownTask.objects.create(
            grant_use=place, owner=owner, due_on=_due_on(place, cause, at), opened_at=at, cause=cause
        )
        emit("takedown.opened", object_type="takedown", object_id=task.public_id, refs=refs_of(grant))


def _owner_of(grant: Grant) -> User | None:
    account = grant.account or (grant.champion.account if grant.champion else None)
    return (account.csm or account.owner) if account else None


def _due_on(place: GrantUse, cause: GrantEnd, at: dt.datetime) -> dt.date:
    days = _DUE_AFTER_WITHDRAWAL if cause == GrantEnd.WITHDRAWN else _DUE_AFTER_END
    if cause == GrantEnd.WITHDRAWN and place.channel == PublicationChannel.SALES_DECK:
        days = _DUE_IN_SALES_DECKS
    return business_days_after(at.astimezone(dt.UTC).date(), days)


def refs_of(grant: Grant) -> dict[str, Any]:
    """The account whose grant it is, for events."""
    account = grant.account or (grant.champion.account if grant.champion else None)
    return {"account": account.public_id} if account else {}
