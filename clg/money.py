"""Money: amounts are `Decimal` with an ISO 4217 code on documents, whole minor units in ledgers.

Digits by currency are those of ISO 4217 (0, 2 or 3; the list of the exceptions below); an unknown code counts with two.
Rounding is half away from zero, as `specs` demand of bases and amounts.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CURRENCY_CODE = re.compile(r"[A-Z]{3}")

# ISO 4217:2015 amendment 176, table A.1: every code whose number of minor digits is not two.
_ZERO_DIGIT = """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
"""
ZERO_DIGIT: Final = frozenset(_ZERO_DIGIT.split())
_THREE_DIGIT = """
    BHD IQD JOD KWD LYD OMR TND
"""
THREE_DIGIT: Final = frozenset(_THREE_DIGIT.split())
_FOUR_DIGIT = """
    CLF UYW
"""
FOUR_DIGIT: Final = frozenset(_FOUR_DIGIT.split())
# Active national currencies and funds of the same list with two digits.
_TWO_DIGIT = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
    CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD
    MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
    PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
TWO_DIGIT: Final = frozenset(_TWO_DIGIT.split())
KNOWN: Final = ZERO_DIGIT | TWO_DIGIT | THREE_DIGIT | FOUR_DIGIT


def digits(currency: str) -> int:
    """Minor digits of an ISO 4217 code; two for a code we do not know."""
    if currency in ZERO_DIGIT:
        return 0
    if currency in THREE_DIGIT:
        return 3
    return 4 if currency in FOUR_DIGIT else 2


def is_known(currency: str) -> bool:
    return currency in KNOWN


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units of an amount, rounded half away from zero."""
    return int(amount.scaleb(digits(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount of whole minor units, with exactly the currency's digits."""
    return Decimal(minor).scaleb(-digits(currency)).quantize(Decimal(1).scaleb(-digits(currency)))


def as_text(minor: int | None, currency: str) -> str | None:
    """The decimal string the API answers, `None` for an unknown amount."""
    return None if minor is None else str(from_minor(minor, currency))
