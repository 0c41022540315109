"""What advocacy brought, over all deals in a reader's sight. `attribution` sections 2.1 and 2.11.

Sourced and influenced answer two questions under the default model of each; no function here returns a sum over both.
Pipeline groups deals by the quarter they opened, all outcomes; revenue groups won deals by the quarter they closed, in
`CLG_TIME_ZONE`. Amounts are whole minor units of the reporting currency; a deal without a rate adds nothing to them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncQuarter

from accounts.choices import Outcome
from advocacy.attribution.summaries import Row, summarise
from advocacy.models import CreditHead

Measure = Literal["pipeline", "revenue"]
_MOMENT = {"pipeline": "credit_set__fact__opened_at", "revenue": "credit_set__fact__closed_at"}


@dataclass(frozen=True)
class Quarter:
    """One quarter: its first day, the basis of the deals with credit, and how many they are."""

    start: dt.date
    minor: int = 0
    deals: int = 0

    @property
    def name(self) -> str:
        return f"Q{(self.start.month + 2) // 3} {self.start.year}"


def quarters(*, question: str, measure: Measure, reader: Any, at: dt.datetime, count: int = 8) -> list[Quarter]:
    """The last quarters up to the running one, oldest first; each deal once, with its whole basis."""
    starts = _starts(at, count)
    zone = ZoneInfo(settings.CLG_TIME_ZONE)
    heads = CreditHead.objects.visible_to(reader).credited().filter(_default(question))
    if measure == "revenue":
        heads = heads.filter(credit_set__outcome=Outcome.WON)
    since = dt.datetime.combine(starts[0], dt.time(), zone)
    found = (
        heads.filter(**{f"{_MOMENT[measure]}__gte": since})
        .order_by()
        .values(quarter=TruncQuarter(_MOMENT[measure], tzinfo=zone))
        .annotate(minor=Coalesce(Sum("credit_set__reporting_minor"), 0), deals=Count("pk"))
    )
    known = {row["quarter"].date(): Quarter(row["quarter"].date(), row["minor"], row["deals"]) for row in found}
    return [known.get(start, Quarter(start)) for start in starts]


def _starts(at: dt.datetime, count: int) -> list[dt.date]:
    day = at.astimezone(ZoneInfo(settings.CLG_TIME_ZONE)).date()
    running = day.year * 4 + (day.month - 1) // 3
    return [dt.date(number // 4, number % 4 * 3 + 1, 1) for number in range(running - count + 1, running + 1)]


def _default(question: str) -> Q:
    return Q(model__is_default=True, model__question=question)


@dataclass(frozen=True)
class Division:
    """How the amounts of all deals in the scope of a model divide.

    `deals` are those with an exchange rate, for the money is theirs alone; `without_rate` are the others.
    """

    credited: int
    unattributed: int
    weak: int
    deals: int
    deals_credited: int
    without_rate: int

    @property
    def total(self) -> int:
        return self.credited + self.unattributed


def division(*, question: str, reader: Any, won_only: bool = False) -> Division:
    """Credited against unattributed under the default model; `weak` is the part of credited that knows no person."""
    heads = CreditHead.objects.visible_to(reader).in_scope().filter(_default(question))
    if won_only:
        heads = heads.filter(credit_set__outcome=Outcome.WON)
    found = summarise(heads, group_by="total")
    whole = found.rows[0] if found.rows else Row(None, 0, 0, 0, 0)
    return Division(
        credited=whole.credited,
        unattributed=whole.unattributed,
        weak=whole.weak,
        deals=whole.deals,
        deals_credited=heads.rated().credited().count(),
        without_rate=found.left_out.count(),
    )


@dataclass(frozen=True)
class KindTotal:
    """Credit of one kind of activity and the deals it came from."""

    kind: str
    minor: int
    deals: int


def by_activity_kind(*, question: str, reader: Any) -> Sequence[KindTotal]:
    """Credit under the default model by kind of activity, largest first: the rows that the API answers."""
    heads = CreditHead.objects.visible_to(reader).in_scope().filter(_default(question))
    rows = summarise(heads, group_by="activity_kind").rows
    return [KindTotal(row.key, row.credited, row.deals) for row in rows if row.key is not None]
