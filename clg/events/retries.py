"""When to try again: the schedule of a delivery, and the pauses of an endpoint that keeps failing. `crm-sync` 10."""

from __future__ import annotations

import datetime as dt
import random
from email.utils import parsedate_to_datetime
from typing import Final

_MINUTE: Final = dt.timedelta(minutes=1)
_HOUR: Final = dt.timedelta(hours=1)
# Before the second, third, ... attempt: 75 h 35 min in all.
DELAYS: Final = (
    dt.timedelta(seconds=5),
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
ATTEMPTS_MAX: Final = len(DELAYS) + 1
JITTER: Final = 0.1
# What a receiver may ask for by Retry-After.
WAIT_MAX: Final = 24 * _HOUR
# Answers that ask us to be slower, and how long when they do not say it.
SLOWER: Final = frozenset([429, 502, 504])
SLOWER_FOR: Final = _MINUTE
PAUSES_FROM: Final = 4
PAUSE_MAX: Final = 60 * _MINUTE
DISABLED_FROM: Final = 40
DISABLED_AFTER: Final = dt.timedelta(days=3)


def delay_after(attempts: int) -> dt.timedelta | None:
    """How long to wait after so many attempts, with up to a tenth more; `None` when the schedule is over."""
    if attempts >= ATTEMPTS_MAX:
        return None
    return DELAYS[attempts - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311 - spreads load, hides nothing


def asked_wait(header: str, *, at: dt.datetime) -> dt.timedelta | None:
    """What Retry-After asks for, in seconds or as a date, at most a day; `None` when it says nothing readable."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        # Longer texts would only be cut to a day.
        wait = WAIT_MAX if len(header) > 6 else dt.timedelta(seconds=int(header))
        return min(wait, WAIT_MAX)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return min(max(until - at, dt.timedelta()), WAIT_MAX)


def pause_after(failures: int) -> dt.timedelta:
    """How long an endpoint rests after so many failures in a row: nothing below 4, then 1, 2, 4, ... 60 minutes."""
    if failures < PAUSES_FROM:
        return dt.timedelta()
    return min(_MINUTE * 2 ** min(failures - PAUSES_FROM, 6), PAUSE_MAX)


def has_failed_for_long(failures: int, *, since: dt.datetime | None, at: dt.datetime) -> bool:
    """Whether to give an endpoint up: 40 failures in a row, and no success for three days."""
    return failures >= DISABLED_FROM and since is not None and at - since >= DISABLED_AFTER
