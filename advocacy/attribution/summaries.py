"""Figures over the credit that holds now: summaries by one grouping, and the headlines. `attribution` 2.1, 2.11, 7.

Each figure is about one model, hence one question; nothing here adds sourced and influenced. All money is reporting
money in minor units. A deal without an exchange rate has none, so it is left out and named, never silently dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, TruncQuarter

from advocacy.choices import Question
from advocacy.models import AttributionModel, Credit, CreditHead
from advocacy.querysets.attribution import WEAK_RUNGS

# Where each grouping reads its key, seen from a line. Those of a touch are null for what nothing earned.
GROUPINGS: Final[Mapping[str, str | Callable[[], Combinable]]] = {
    "total": "credit_set__model__key",
    "champion": "touch__champion",
    "account": "credit_set__opportunity__account",
    "activity_kind": "touch__activity_kind",
    "activity": "touch__activity",
    "rung": "touch__rung",
    "opportunity_kind": "credit_set__fact__kind",
    "outcome": "credit_set__outcome",
    "quarter": lambda: TruncQuarter("credit_set__fact__opened_at", tzinfo=ZoneInfo(settings.CLG_TIME_ZONE)),
    "segment": "credit_set__opportunity__account__segment",
}
# Column of a touch by what participation is grouped by.
PARTICIPATION_GROUPINGS: Final[Mapping[str, str]] = {
    "champion": "champion_id",
    "activity_kind": "activity_kind",
    "activity": "activity_id",
}


@dataclass(frozen=True)
class Row:
    """One line of a summary. `key` is the grouped value, `None` for what no touch earned; money in minor units.

    `deals_credited` are those of its deals in which a touch earned something.
    """

    key: Any
    deals: int
    deals_credited: int
    credited: int
    unattributed: int
    weak: int


@dataclass(frozen=True)
class Summary:
    """Rows of one grouping, over the heads of the deals with a rate.

    `left_out` are the heads of the deals without a rate, oldest first, not read yet: they may be many.
    """

    rows: list[Row]
    rated: QuerySet[CreditHead]
    additive: bool
    left_out: QuerySet[CreditHead]

    @cached_property
    def control_total(self) -> int:
        """The basis of the cohort, taken from the headers alone; read when it is asked for."""
        total: int = self.rated.aggregate(total=Coalesce(Sum("credit_set__reporting_minor"), 0))["total"]
        return total


def summarise(heads: QuerySet[CreditHead], *, group_by: str) -> Summary:
    """Credited and unattributed money by a grouping; over all rows they sum to the control total exactly.

    `heads` are the heads of one model in scope, already cut to the caller's sight and the cohort.
    """
    rated = heads.rated()  # type: ignore[attr-defined]
    lines = Credit.objects.filter(credit_set__in=rated.values("credit_set")).order_by()
    grouping = GROUPINGS[group_by]
    earned = Q(touch__isnull=False)
    rows = (
        lines.annotate(key=F(grouping) if isinstance(grouping, str) else grouping())
        .values("key")
        .annotate(
            deals=Count("credit_set", distinct=True),
            deals_credited=Count("credit_set", filter=earned, distinct=True),
            credited=_sum(earned),
            unattributed=_sum(~earned),
            weak=_sum(Q(touch__rung__in=WEAK_RUNGS)),
        )
        .order_by("-credited", "key")
    )
    found = [Row(**row) for row in rows]
    return Summary(found, rated, additive=True, left_out=_left_out(heads))


def _sum(condition: Q) -> Coalesce:
    return Coalesce(Sum("reporting_minor", filter=condition), 0)


def _left_out(heads: QuerySet[CreditHead]) -> QuerySet[CreditHead]:
    without = heads.filter(credit_set__reporting_minor__isnull=True)
    return without.select_related("opportunity", "credit_set").order_by("pk")


def participate(heads: QuerySet[CreditHead], *, group_by: str) -> Summary:
    """The whole basis of a deal to each distinct key on its path: a measure that exceeds 100 % by intent."""
    rated = heads.rated()  # type: ignore[attr-defined]
    rows = _rows_over(rated, "participation.sql", key=PARTICIPATION_GROUPINGS[group_by])
    found = [Row(key, deals, deals, amount, 0, 0) for key, deals, amount in rows]
    return Summary(found, rated, additive=False, left_out=_left_out(heads))


@dataclass(frozen=True)
class Headline:
    """Money of some deals, each counted once, in minor units of the reporting currency."""

    amount: int
    deals: int


def headline(heads: QuerySet[CreditHead]) -> Headline:
    """Basis of the deals with at least one credited touch; `heads` of one question's default model, in scope."""
    found = heads.credited().aggregate(  # type: ignore[attr-defined]
        amount=Coalesce(Sum("credit_set__reporting_minor"), 0), deals=Count("pk")
    )
    return Headline(**found)


def own_advocacy(heads: QuerySet[CreditHead]) -> Headline:
    """Expansions and renewals whose own customer's act would be on the path if the model admitted own acts only.

    `heads` of the default influenced model, in scope. Never added to credit.
    """
    ((amount, deals),) = _rows_over(heads, "own_advocacy.sql")
    return Headline(int(amount), deals)


def default_model(question: Question) -> AttributionModel | None:
    return AttributionModel.objects.filter(question=question, is_default=True).first()


def _rows_over(heads: QuerySet[CreditHead], name: str, **columns: str) -> list[tuple[Any, ...]]:
    """Rows of a statement about the sets of these heads. The database picks the sets: their query goes into it."""
    sets, parameters = _query_of_sets(heads)
    with connection.cursor() as cursor:
        cursor.execute(_sql(name).format(sets=sets, **columns), parameters)
        return list(cursor.fetchall())


def _query_of_sets(heads: QuerySet[CreditHead]) -> tuple[str, Sequence[Any]]:
    try:
        return heads.order_by().values("credit_set_id").query.sql_with_params()
    except EmptyResultSet:  # a reader who sees nothing
        return "SELECT NULL::bigint WHERE false", ()


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / name).read_text()
