"""Reading contact details of champions: seen, counted, limited. `security` sections 2.3 and 5.

A person who reads the address or phone of a champion leaves a row in the security log, whatever the door. Over 100
readings a day the door closes and the administrators hear of it: so leaves a list, one page after the other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from accounts.hooks import watched_contacts
from accounts.models import Contact, User
from accounts.notifications import tell_of_many_readings
from clg.api.errors import RateLimited
from clg.api.rates import Limit, take
from clg.security_log import log_each, log_security

DAILY: Final = Limit("readings", quota=100, burst=100, seconds=86_400)
_NOTICE: Final = Limit("readings_notice", quota=1, burst=1, seconds=86_400)


def note_readings(*, reader: User, contacts: Collection[Contact], door: str) -> int:
    """Keep that these contacts' details are about to be shown, and say how many were champions.

    Raises `RateLimited` when that is more than the reader has left of the day; then none may be shown.
    """
    held = {contact.pk: contact for contact in contacts if contact.email or contact.phone}
    names = [held[key].name_outside for key in sorted(watched_contacts(held.keys()))]
    if not names:
        return 0
    actor = f"user:{reader.pk}"
    try:
        take(DAILY, actor, cost=len(names))
    except RateLimited:
        _refuse(reader, actor, door)
        raise
    return log_each("contact_details.read", object_type="contact", object_ids=names, actor=actor, data={"door": door})


def _refuse(reader: User, actor: str, door: str) -> None:
    """Keep the refusal; the first of a day goes to the administrators."""
    log_security("contact_details.read", result="refused", actor=actor, object_type="contact", data={"door": door})
    try:
        take(_NOTICE, actor)
    except RateLimited:
        return
    tell_of_many_readings(reader, limit=DAILY.quota)
