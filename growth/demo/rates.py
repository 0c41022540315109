"""Dated exchange rates of the demo, to US dollars, with a stretch in which one currency has none."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from accounts.actions.rate import Rate
from growth.demo.seed import DAYS, Seed

# Made-up levels, near enough to read as money: US dollars for one unit.
LEVELS: Final = {"EUR": Decimal("1.09"), "JPY": Decimal("0.0067"), "KWD": Decimal("3.25")}
STEP_DAYS: Final = 7
# Kuwaiti dinar: no rate in these days ago, more than the 45 days that an old rate may serve.
GAP_CURRENCY: Final = "KWD"
GAP_DAYS_AGO: Final = range(180, 330)


def make_rates(seed: Seed) -> list[Rate]:
    """One rate a week and currency, wandering a little, oldest first."""
    random = seed.stream("rates")
    rates = []
    for currency, level in LEVELS.items():
        drift = 0.0
        for days_ago in range(DAYS + 120, -1, -STEP_DAYS):
            drift = 0.96 * drift + random.gauss(0, 0.006)
            if not (currency == GAP_CURRENCY and days_ago in GAP_DAYS_AGO):
                rate = (level * Decimal(f"{1 + drift:.6f}")).quantize(Decimal("0.00000001"))
                rates.append(Rate(currency, seed.day(days_ago), rate))
    return rates
