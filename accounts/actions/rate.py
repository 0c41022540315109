"""Recording exchange rates: an append-only table where the row recorded last for a day holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import transaction

from accounts.models import ExchangeRate
from clg import money
from clg.errors import FieldError, InvalidInput

LARGEST_RATE: Final = Decimal(10) ** 10
_ROWS_A_STATEMENT: Final = 5_000


@dataclass(frozen=True)
class Rate:
    """Units of the reporting currency for one unit of `currency` on a day."""

    currency: str
    on: dt.date
    rate: Decimal


def wrong_with(rate: Rate) -> FieldError | None:
    """What forbids a rate, `None` when nothing does."""
    if not money.is_known(rate.currency):
        return FieldError("invalid_currency", "Enter a currency by its code of ISO 4217.", pointer="/currency")
    if rate.currency == settings.CLG_CURRENCY:
        return FieldError(
            "reporting_currency", "The reporting currency has the rate 1 and no row.", pointer="/currency"
        )
    if not (rate.rate.is_finite() and 0 < rate.rate < LARGEST_RATE):
        return FieldError("out_of_range", "A rate lies above zero and below 10,000,000,000.", pointer="/rate")
    return None


@transaction.atomic
def record_rates(*, rates: Sequence[Rate], source: str) -> int:
    """Append the rates that differ from what holds now; their number. Raises `InvalidInput` and stores none."""
    errors = [problem for rate in rates if (problem := wrong_with(rate))]
    if errors:
        raise InvalidInput(f"{len(errors)} rates are invalid.", errors=errors)
    wanted = {(rate.currency, rate.on): rate.rate.quantize(Decimal("1e-10")) for rate in rates}
    holding = _holding(wanted)
    news = [
        ExchangeRate(currency=currency, on=on, rate=rate, source=source)
        for (currency, on), rate in wanted.items()
        if holding.get((currency, on)) != rate
    ]
    return len(ExchangeRate.objects.bulk_create(news, batch_size=_ROWS_A_STATEMENT))


def _holding(wanted: dict[tuple[str, dt.date], Decimal]) -> dict[tuple[str, dt.date], Decimal]:
    """The rate that holds now for each currency and day, the one recorded last."""
    rows = ExchangeRate.objects.filter(
        currency__in={currency for currency, _ in wanted}, on__in={on for _, on in wanted}
    ).order_by("id")
    return {(row.currency, row.on): row.rate for row in rows}
