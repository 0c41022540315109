"""Arguments that commands of this floor share."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentTypeError

from django.core.management.base import CommandError
from django.db.models import Q

from advocacy.models import Champion
from clg import codes


def moment(text: str) -> dt.datetime:
    """A moment with offset; without one it is UTC."""
    try:
        value = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a moment such as 2026-11-20T09:15:00Z") from None
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def champion(name: str) -> Champion:
    """The champion of an id (`cha_...`) or a key."""
    public_id = codes.decode(Champion.PUBLIC_PREFIX, name)
    wanted = Q(public_id=public_id) if public_id else Q(pk=int(name) if name.isdecimal() else 0)
    found = Champion.objects.select_related("contact", "account").filter(wanted).first()
    if found is None:
        raise CommandError(f"There is no champion {name}.")
    return found
