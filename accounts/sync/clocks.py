"""The one clock by which a source orders its writes, stored as a pair of bigints and compared as a pair.

`updated_at` sources: microseconds since 1970 and 0. `version` sources: one or two numbers, so that 7.10 is newer
than 7.9. Our own clock is used once: a moment more than ten minutes ahead of it is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from accounts.choices import CLOCK_TOLERANCE_MINUTES
from accounts.sync.values import EPOCH, MICROSECOND, BadValue

Clock = tuple[int, int]

_VERSION = re.compile(r"(\d{1,19})(?:\.(\d{1,19}))?")
_BIGINT_END: Final = 1 << 63


def clock_of_moment(moment: dt.datetime, *, at: dt.datetime) -> Clock:
    """Raises `BadValue` for a moment before 1970 or over ten minutes ahead of `at`."""
    if moment < EPOCH:
        raise BadValue("invalid_datetime", "A source's clock starts in 1970.")
    if moment > at + dt.timedelta(minutes=CLOCK_TOLERANCE_MINUTES):
        raise BadValue("source_timestamp_in_future", "This moment lies ahead of our clock.")
    return (moment - EPOCH) // MICROSECOND, 0


def clock_of_version(version: str) -> Clock:
    """Raises `BadValue` for anything but one or two whole numbers below 2^63, joined by a point."""
    match = _VERSION.fullmatch(version)
    parts = [int(part or 0) for part in match.groups()] if match else []
    if not parts or max(parts) >= _BIGINT_END:
        raise BadValue("invalid_version", "Enter one or two whole numbers below 2^63, such as 7 or 7.10.")
    return parts[0], parts[1]
