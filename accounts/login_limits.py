"""How often somebody may try at the doors of login. `security` section 5.

Buckets in PostgreSQL, taken before the try and given back when it was good, so that any number of parallel tries get
exactly what is left. Without the database there is no count, and without a count nobody is let in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest

from clg.addresses import network_of
from clg.api.rates import Limit, give_back_each, take_each
from clg.errors import Busy

# Five failures, then one try in five minutes; from the tenth failure on one in a quarter of an hour.
LOGIN_FIRST: Final = Limit("login", quota=1, burst=5, seconds=300)
LOGIN_LATER: Final = Limit("login_later", quota=1, burst=10, seconds=900)
LOGIN_ADDRESS: Final = Limit("login_address", quota=50, burst=50, seconds=3600)
CODE: Final = Limit("mfa_code", quota=5, burst=5, seconds=300)
# A code of six digits is true for half a minute, with one step of tolerance.
USED_CODE: Final = Limit("mfa_code_used", quota=1, burst=1, seconds=120)
RESET_MAIL: Final = Limit("reset_mail", quota=5, burst=5, seconds=3600)
RESET_ADDRESS: Final = Limit("reset_address", quota=20, burst=20, seconds=3600)

INVITATION_MAIL: Final = Limit("invitation_mail", quota=5, burst=5, seconds=3600)
# An administrator who invites a whole department does so over some hours.
INVITATION_BY: Final = Limit("invitation_by", quota=20, burst=20, seconds=3600)
LINK_MISSES: Final = Limit("link_misses", quota=60, burst=60, seconds=600)

Wanted = Sequence[tuple[Limit, str]]


def login_buckets(request: HttpRequest, email: str) -> Wanted:
    account = f"account:{email.strip().lower()}"
    return [(LOGIN_FIRST, account), (LOGIN_LATER, account), (LOGIN_ADDRESS, f"network:{network_of(request)}")]


def code_buckets(user_id: int) -> Wanted:
    return [(CODE, f"user:{user_id}")]


def reset_buckets(request: HttpRequest, email: str) -> Wanted:
    return [(RESET_MAIL, f"mail:{email.strip().lower()}"), (RESET_ADDRESS, f"network:{network_of(request)}")]


def invitation_buckets(email: str, by: str) -> Wanted:
    """Mails to one address, and by one administrator."""
    return [(INVITATION_MAIL, f"mail:{email.strip().lower()}"), (INVITATION_BY, by)]


class Try:
    """One try; `succeeded` makes it not count."""

    def __init__(self) -> None:
        self.succeeded = False


@contextmanager
def counted(wanted: Wanted) -> Iterator[Try]:
    """Count a try unless it turns out good. Raises `RateLimited`, and `Busy` when nothing can be counted."""
    count(wanted)
    one = Try()
    yield one
    if one.succeeded:
        give_back_each(wanted)


def count(wanted: Wanted) -> None:
    """Count what counts however it ends. Raises `RateLimited` and `Busy`."""
    try:
        take_each(wanted)
    except DatabaseError as error:
        raise Busy("Nobody can be let in just now; try again in a minute.") from error
