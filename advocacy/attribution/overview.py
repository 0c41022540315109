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
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce, TruncQuarter

from accounts.choices import Outcome
from advocacy.attribution.summaries import Row, default_model, summarise
from advocacy.choices import Question
from advocacy.models import CreditHead
from advocacy.querysets import CreditHeadQuerySet

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
    heads = _heads(question, reader).credited()
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


def _heads(question: str, reader: Any) -> CreditHeadQuerySet:
    """Of the default model by its key: the planner knows how many heads that one has, and reads them in one go."""
    model = default_model(Question(question))
    return CreditHead.objects.visible_to(reader).filter(model=model) if model else CreditHead.objects.none()


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


def divisions(*, question: str, reader: Any) -> tuple[Division, Division]:
    """Credited against unattributed under the default model: all deals, and the won ones.

    `weak` is the part of credited that knows no person.
    """
    found = summarise(_heads(question, reader).in_scope(), group_by="outcome")
    left_out = found.left_out.order_by().values_list("credit_set__outcome").annotate(Count("pk"))
    without_rate = dict(left_out)
    won = [row for row in found.rows if row.key == Outcome.WON]
    return _division(found.rows, sum(without_rate.values())), _division(won, without_rate.get(Outcome.WON, 0))


def _division(rows: Sequence[Row], without_rate: int) -> Division:
    return Division(
        credited=sum(row.credited for row in rows),
        unattributed=sum(row.unattributed for row in rows),
        weak=sum(row.weak for row in rows),
        deals=sum(row.deals for row in rows),
        deals_credited=sum(row.deals_credited for row in rows),
        without_rate=without_rate,
    )


@dataclass(frozen=True)
class KindTotal:
    """Credit of one kind of activity and the deals it came from."""

    kind: str
    minor: int
    deals: int


def by_activity_kind(*, question: str, reader: Any) -> Sequence[KindTotal]:
    """Credit under the default model by kind of activity, largest first: the rows that the API answers."""
    rows = summarise(_heads(question, reader).in_scope(), group_by="activity_kind").rows
    return [KindTotal(row.key, row.credited, row.deals) for row in rows if row.key is not None]
