"""Which deals a figure is about: pipeline by quarter of opening, revenue by quarter of winning, or what is open.

`opened:2026-Q1` all deals opened in the quarter, `won:2026-Q1` those won with a close in it, `open` the open ones;
none = all deals. Quarters begin in CLG_TIME_ZONE. `attribution` sections 2.1 and 7.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from accounts.choices import Outcome

_FORM: Final = re.compile(r"(?P<by>opened|won):(?P<year>20[0-9]{2})-Q(?P<quarter>[1-4])")
PATTERN: Final = r"^(open|(opened|won):20[0-9]{2}-Q[1-4])$"


@dataclass(frozen=True)
class Cohort:
    """`by`: opened, won, open or all; the half-open interval of its quarter where it has one."""

    by: str = "all"
    begins: dt.datetime | None = None
    ends: dt.datetime | None = None

    def as_q(self, prefix: str = "") -> Q:
        """The condition on credit sets; `prefix` leads to them (`credit_set__`)."""
        if self.by == "open":
            return Q(**{f"{prefix}outcome": Outcome.OPEN})
        if self.by == "opened":
            return self._within(f"{prefix}fact__opened_at")
        if self.by == "won":
            return Q(**{f"{prefix}outcome": Outcome.WON}) & self._within(f"{prefix}fact__closed_at")
        return Q()

    def _within(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self.begins, f"{column}__lt": self.ends})


def read_cohort(text: str) -> Cohort:
    """The cohort a text names. Raises `ValueError` with the sentence for the caller."""
    if text == "open":
        return Cohort("open")
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("Send open, opened:2026-Q1 or won:2026-Q1.")
    year, quarter = int(match["year"]), int(match["quarter"])
    after = (year, quarter + 1) if quarter < 4 else (year + 1, 1)
    return Cohort(match["by"], _first_moment(year, quarter), _first_moment(*after))


def _first_moment(year: int, quarter: int) -> dt.datetime:
    return dt.datetime(year, 3 * quarter - 2, 1, tzinfo=ZoneInfo(settings.CLG_TIME_ZONE))
