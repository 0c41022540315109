"""How much a person may still be given: the strictest limit in force, less what the year brought. `proof` section 7.

Account credit is no gift. A country's own limit stands in place of the one for any country; of those that remain the
strictest counts. Amounts in another currency count at the rate of the day; without a rate nothing is allowed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Final

from django.conf import settings

from accounts.models import Contact, ExchangeRate
from advocacy.choices import RATE_MAX_AGE_DAYS, GiftKind
from advocacy.models import GiftLimit, GiftRecord
from clg.money import from_minor, to_minor

ANY: Final = "*"


@dataclass(frozen=True)
class Allowance:
    """What one person may be given now, in minor units; None: no limit is known for them.

    `limit` is the rule that decides, `counted` the gifts of the calendar year that it counts.
    """

    minor: int | None
    limit: GiftLimit | None = None
    counted: tuple[GiftRecord, ...] = ()

    def covers(self, amount_minor: int) -> bool:
        return self.minor is None or amount_minor <= self.minor


def gift_allowance(
    contact_ids: Collection[int], *, use: str, kind: str, currency: str, at: dt.datetime
) -> dict[int, Allowance]:
    """The allowance by contact, in `currency`, for one gift of a kind on the day of `at`; four queries for all."""
    day = at.astimezone(dt.UTC).date()
    limits = _newest(GiftLimit.objects.in_force(day).filter(use__in=[use, ANY]))
    given = _given_this_year(contact_ids, day)
    rates = _Rates(day)
    people = Contact.objects.filter(pk__in=contact_ids).select_related("account")
    return {
        person.pk: min(
            (_under(limit, kind, given[person.pk], currency, rates) for limit in _applying(limits, person)),
            key=lambda allowance: allowance.minor or 0,
            default=Allowance(None),
        )
        for person in people
    }


def _newest(limits: Iterable[GiftLimit]) -> list[GiftLimit]:
    """Of several rows of one country, sector and use the one that began last."""
    rows = {(limit.country, limit.sector, limit.use): limit for limit in sorted(limits, key=lambda row: row.valid_from)}
    return list(rows.values())


def _applying(limits: Iterable[GiftLimit], person: Contact) -> list[GiftLimit]:
    account = person.account
    country = person.country or (account.country if account else "")
    sectors = {ANY, "public"} if account and account.industry.lower().startswith("public") else {ANY}
    rows = [limit for limit in limits if limit.sector in sectors and limit.country in (country, ANY)]
    own = {(limit.sector, limit.use) for limit in rows if limit.country != ANY}
    return [limit for limit in rows if limit.country != ANY or (limit.sector, limit.use) not in own]


def _given_this_year(contact_ids: Collection[int], day: dt.date) -> defaultdict[int, list[GiftRecord]]:
    given: defaultdict[int, list[GiftRecord]] = defaultdict(list)
    for gift in GiftRecord.objects.filter(contact__in=contact_ids, given_on__year=day.year):
        given[gift.contact_id].append(gift)
    return given


def _under(limit: GiftLimit, kind: str, given: list[GiftRecord], currency: str, rates: _Rates) -> Allowance:
    counted = tuple(gift for gift in given if limit.use in (gift.use, ANY))
    if kind == GiftKind.CASH and not limit.cash_allowed:
        return Allowance(0, limit, counted)
    spent = [rates.convert(gift.amount_minor, gift.currency, limit.currency, ROUND_UP) for gift in counted]
    if None in spent:
        return Allowance(0, limit, counted)
    left = min(limit.per_gift_minor, limit.per_year_minor - sum(amount for amount in spent if amount is not None))
    return Allowance(rates.convert(max(0, left), limit.currency, currency, ROUND_DOWN) or 0, limit, counted)


class _Rates:
    """Conversion by the dated rates of a day, each currency looked up once."""

    def __init__(self, day: dt.date) -> None:
        self._day = day
        self._known: dict[str, Decimal | None] = {settings.CLG_CURRENCY: Decimal(1)}

    def convert(self, minor: int, source: str, target: str, rounding: str) -> int | None:
        """Minor units of `source` in minor units of `target`; None without a rate young enough."""
        if source == target:
            return minor
        one, other = self._rate(source), self._rate(target)
        if one is None or other is None:
            return None
        amount = from_minor(minor, source) * one / other
        unit = from_minor(1, target)
        return to_minor((amount / unit).quantize(Decimal(1), rounding=rounding) * unit, target)

    def _rate(self, currency: str) -> Decimal | None:
        if currency not in self._known:
            oldest = self._day - dt.timedelta(days=RATE_MAX_AGE_DAYS)
            rows = ExchangeRate.objects.filter(currency=currency, on__lte=self._day, on__gte=oldest)
            self._known[currency] = rows.order_by("-on", "-id").values_list("rate", flat=True).first()
        return self._known[currency]
