"""What a person decides on a touch that the matcher was not sure of: it is right, or it repeats another act."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.models import User
from advocacy.actions.activity import mark_duplicate_activity
from advocacy.errors import EarliestRecord, NoDouble, TouchReplaced
from advocacy.models import Activity, Touch, TouchAcceptance


@transaction.atomic
def accept_touch(*, touch: Touch, by: User, at: dt.datetime) -> TouchAcceptance:
    """The touch is right as it stands; it is not asked again until it changes. Raises `TouchReplaced`."""
    touch = Touch.objects.select_for_update(of=("self",)).get(pk=touch.pk)
    if touch.superseded_at is not None:
        raise TouchReplaced
    accepted, _ = TouchAcceptance.objects.get_or_create(
        touch=touch, superseded_at=None, defaults={"accepted_by": by, "recorded_at": at}
    )
    return accepted


def reopen_touch(*, touch: Touch, by: User, at: dt.datetime) -> bool:
    """Look at it again: whether there was an acceptance to take back."""
    return bool(TouchAcceptance.objects.filter(touch=touch, superseded_at=None).update(superseded_at=at))


def mark_double(*, touch: Touch, by: User, at: dt.datetime, original: Activity | None = None) -> Activity:
    """The act behind the touch repeats another one, as it stands the earliest recorded of its doubles.

    Raises `NoDouble`, `EarliestRecord`, `Conflict` (duplicate_chain).
    """
    return mark_duplicate_activity(activity=touch.activity, duplicate_of=original or _earliest(touch), by=by, at=at)


def _earliest(touch: Touch) -> Activity:
    doubles = Touch.objects.doubles_of(touch).filter(activity__duplicate_of=None).select_related("activity")
    first = doubles.first()
    if first is None:
        raise NoDouble
    if first.activity_id > touch.activity_id:
        raise EarliestRecord
    return first.activity
