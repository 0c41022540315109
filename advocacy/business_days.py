"""Business days: Monday to Friday. Holidays of a country count as working days until a calendar is kept."""

from __future__ import annotations

import datetime as dt
from typing import Final

_SATURDAY: Final = 5


def business_days_after(day: dt.date, number: int) -> dt.date:
    """The day that many business days later: 1 after a Friday is the Monday."""
    while number > 0:
        day += dt.timedelta(days=1)
        number -= day.weekday() < _SATURDAY
    return day
