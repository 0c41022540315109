"""Figures, money, days and spans in words: the same hand in the admin, on pages and in mails.

`—` stands for what is unknown, never 0. Grouping and decimal sign are those of the reader's language.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats

from clg import money

UNKNOWN = "—"
MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NO-BREAK SPACE}"

_SCALES = ((Decimal(1_000_000_000), "bn"), (Decimal(1_000_000), "m"), (Decimal(1_000), "k"))


def number(value: Decimal | float | None, digits: int = 0) -> str:
    """1234.5 -> '1,234.5' with one digit; a real minus sign before negatives."""
    if value is None:
        return UNKNOWN
    return formats.number_format(value, decimal_pos=digits, force_grouping=True).replace("-", MINUS)


def plain(value: Decimal | None) -> str:
    """A decimal with the digits it needs and no more: 4.5000 -> '4.5', 100.0000 -> '100'."""
    if value is None:
        return UNKNOWN
    exponent = int(value.normalize().as_tuple().exponent)
    return number(value, max(0, -exponent))


def amount(value: Decimal | None, currency: str) -> str:
    """'USD 184,350.52': the amount to the currency's last digit."""
    if value is None:
        return UNKNOWN
    return f"{currency}{NARROW}{number(value, money.digits(currency))}".strip()


def major(value: int, currency: str) -> Decimal:
    """Whole minor units as an amount."""
    return money.from_minor(value, currency)


def minor(value: int | None, currency: str) -> str:
    """The same from whole minor units."""
    return UNKNOWN if value is None else amount(money.from_minor(value, currency), currency)


def minor_figure(value: int | None, currency: str) -> str:
    """Whole minor units without the currency, for columns that name it in their head."""
    return UNKNOWN if value is None else number(money.from_minor(value, currency), money.digits(currency))


def short(value: Decimal | float | None) -> str:
    """Three telling digits: 2610000 -> '2.61 m', 780 -> '780'."""
    if value is None:
        return UNKNOWN
    figure = Decimal(str(value))
    for unit, name in _SCALES:
        # Just below the unit rounds up into it: 999,999 is '1 m', not '1,000 k'.
        if abs(figure) >= unit - unit / 2000:
            return f"{_telling(figure / unit)}{NARROW}{name}"
    return number(figure.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _telling(value: Decimal) -> str:
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    text = number(value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP), digits)
    separator = formats.get_format("DECIMAL_SEPARATOR")
    return text.rstrip("0").removesuffix(separator) if separator in text else text


def short_amount(value: Decimal | None, currency: str) -> str:
    """'USD 2.61 m'."""
    return UNKNOWN if value is None else f"{currency}{NARROW}{short(value)}"


def share(part: Decimal | float, whole: Decimal | float) -> str:
    """'27.9 %' of the whole; unknown when there is no whole."""
    if not whole:
        return UNKNOWN
    percent = Decimal(str(part)) / Decimal(str(whole)) * 100
    rounded = percent.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{number(rounded, 0 if rounded == rounded.to_integral() else 1)}{NARROW}%"


def signed(value: Decimal, digits: int = 1) -> str:
    """'+4.2', '−1.3', '0.0'."""
    return f"+{number(value, digits)}" if value > 0 else number(value, digits)


def day(value: date | datetime | None) -> str:
    """'18 Mar 2026'."""
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """'18 Mar 2026, 06:00 UTC'."""
    return UNKNOWN if value is None else f"{day(value)}, {value:%H:%M %Z}".strip()


def distance(value: datetime, now: datetime) -> str:
    """How far off a moment is, for lists: '5 minutes ago', 'yesterday', 'in 3 days', '5 weeks ago'."""
    if value.date() != now.date():
        return day_distance(value.date(), now.date())
    minutes = abs(value - now) // timedelta(minutes=1)
    if not minutes:
        return "now"
    text = count(minutes, "minute") if minutes < 60 else count(minutes // 60, "hour")
    return f"in {text}" if value > now else f"{text} ago"


def day_distance(value: date, today: date) -> str:
    """How far off a day is: 'today', 'in 3 days', '5 weeks ago'."""
    days = (value - today).days
    if days in (-1, 0, 1):
        return {-1: "yesterday", 0: "today", 1: "tomorrow"}[days]
    text = _span(abs(days))
    return f"in {text}" if days > 0 else f"{text} ago"


def _span(days: int) -> str:
    if days < 14:
        return f"{days} days"
    if days < 60:
        return f"{days // 7} weeks"
    return f"{days // 30} months" if days < 730 else f"{days // 365} years"


def seconds(value: timedelta) -> str:
    """A short span for somebody who waits: '40 seconds', '3 minutes', '2 hours'."""
    whole = round(value.total_seconds())
    if whole < 90:
        return count(whole, "second")
    return count(round(whole / 60), "minute") if whole < 5400 else count(round(whole / 3600), "hour")


def count(value: int, one: str, many: str = "") -> str:
    """'1 touch', '3 touches'; the plural is the singular with s unless given."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"
