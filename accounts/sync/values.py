"""Checks of single values: each takes what a source sent and returns what is stored, or says what is wrong.

Texts are stored as given after Unicode NFC and trimming, never as markup. `None` means cleared.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from accounts.sync.objects import AMOUNT_DIGITS_AFTER_POINT, AMOUNT_DIGITS_BEFORE_POINT, Field
from clg import money

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)
LATEST_DAY: Final = dt.date(9999, 12, 30)

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@[^\s@]+\.[^\s@.]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# ISO 3166-1: codes that are not given to any country, so that ZZ and XX do not pass for one.
_NOT_COUNTRIES: Final = frozenset(["AA", "ZZ", *(f"X{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]) | frozenset(
    f"Q{letter}" for letter in "MNOPQRSTUVWXYZ"
)

# Codes are shorter, but "too long" would say less of a wrong one than "no such code".
_CODE: Final = Field("code", 0, "text", 100)


class BadValue(Exception):
    """A value that is refused. The sentence never repeats it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def text(value: str, field: Field) -> str:
    if not value.isascii():
        if _SURROGATE.search(value):
            raise BadValue("invalid_text", "This text holds half a character.")
        value = unicodedata.normalize("NFC", value)
    value = value.strip()
    if "\x00" in value:
        raise BadValue("invalid_text", "A text may not hold the character U+0000.")
    if len(value) > field.limit:
        raise BadValue("too_long", f"At most {field.limit} characters.")
    return value


def url(value: str, field: Field) -> str:
    value = text(value, field)
    if value and host_of(value) is None:
        raise BadValue("invalid_url", "Enter an http or https address.")
    return value


def host_of(address: str) -> str | None:
    """The host name of an http or https address in lower case, `None` when there is none."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or re.search(r"\s", address):
        return None
    return host


def domain_of(address: str) -> str:
    """The domain that a website stands for: its host without a leading www, empty when it is no host name."""
    host = (host_of(address) or "").removeprefix("www.").rstrip(".")
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""
    return host if _HOST_NAME.fullmatch(host) else ""


def domain(value: str, field: Field) -> str:
    value = text(value, field).lower().rstrip(".").removeprefix("www.")
    if value and not _HOST_NAME.fullmatch(value):
        raise BadValue("invalid_domain", "Enter a host name such as acme.example, without http:// or a path.")
    return value


def email(value: str, field: Field) -> str:
    value = text(value, field)
    if value and not _EMAIL.fullmatch(value):
        raise BadValue("invalid_email", "Enter an email address such as ana@acme.example.")
    return value


def country(value: str, field: Field) -> str:
    value = text(value, _CODE).upper()
    if value and (not _COUNTRY.fullmatch(value) or value in _NOT_COUNTRIES):
        raise BadValue("invalid_country", "Enter a country by its two-letter code of ISO 3166-1.")
    return value


def language(value: str, field: Field) -> str:
    value = text(value, field)
    if value and not _LANGUAGE.fullmatch(value):
        raise BadValue("invalid_language", "Enter a language tag such as en or pt-BR (BCP 47).")
    return value


def currency(value: str, field: Field) -> str:
    value = text(value, _CODE).upper()
    if value and not money.is_known(value):
        raise BadValue("invalid_currency", "Enter a currency by its code of ISO 4217.")
    return value


def choice(value: str, field: Field) -> str:
    if value not in field.choices:
        raise BadValue("invalid_choice", f"One of: {', '.join(field.choices)}.")
    return value


def integer(value: int, field: Field) -> int:
    if not 0 <= value <= field.limit:
        raise BadValue("out_of_range", f"A whole number from 0 to {field.limit:,}.")
    return value


def decimal(value: str, field: Field) -> Decimal:
    """An exact amount of up to 14 digits before and 6 after the point."""
    value = value.strip()
    if not _DECIMAL.fullmatch(value):
        raise BadValue("invalid_decimal", 'Enter a decimal number such as "1200.00".')
    before, _, after = value.lstrip("-").partition(".")
    if len(before.lstrip("0")) > AMOUNT_DIGITS_BEFORE_POINT:
        raise BadValue("out_of_range", f"At most {AMOUNT_DIGITS_BEFORE_POINT} digits before the point.")
    if len(after.rstrip("0")) > AMOUNT_DIGITS_AFTER_POINT:
        raise BadValue("out_of_range", f"At most {AMOUNT_DIGITS_AFTER_POINT} digits after the point.")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise BadValue("invalid_decimal", 'Enter a decimal number such as "1200.00".') from None


def day(value: dt.date, field: Field) -> dt.date:
    if value > LATEST_DAY:
        raise BadValue("invalid_date", "This day lies too far ahead.")
    return value


def moment(value: dt.datetime, field: Field) -> dt.datetime:
    """A moment in UTC."""
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        raise BadValue("invalid_datetime", "This moment lies outside the calendar.") from None


def end_of_day(day_: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The last microsecond of a day in a zone, as UTC."""
    midnight = dt.datetime.combine(day_ + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    return midnight.astimezone(dt.UTC) - MICROSECOND


def external_id(value: str, *, is_salesforce: bool) -> str:
    """A source's own id: 1-255 characters, byte-exact; a 15-character Salesforce id is completed to 18."""
    if not 1 <= len(value) <= 255:
        raise BadValue("invalid_external_id", "An external id has 1 to 255 characters.")
    if value != value.strip() or _CONTROL.search(value) or (not value.isascii() and _SURROGATE.search(value)):
        raise BadValue("invalid_external_id", "An external id has no control characters and no spaces at its ends.")
    if is_salesforce and len(value) in (15, 18) and value.isascii() and value.isalnum():
        return _salesforce_id(value)
    return value


def _salesforce_id(value: str) -> str:
    """18 characters: each five of the first 15 give one sign of A-Z0-5, bit k set when character k is upper case."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    full = value[:15] + "".join(
        signs[sum(1 << k for k, sign in enumerate(value[start : start + 5]) if "A" <= sign <= "Z")]
        for start in (0, 5, 10)
    )
    if len(value) == 18 and value != full:
        raise BadValue(
            "invalid_external_id",
            "The last three signs do not belong to this Salesforce id: a program has changed the case of its letters.",
        )
    return full


CHECKS: Final[dict[str, Callable[[Any, Field], Any]]] = {
    "text": text,
    "url": url,
    "domain": domain,
    "email": email,
    "country": country,
    "language": language,
    "currency": currency,
    "choice": choice,
    "integer": integer,
    "decimal": decimal,
    "day": day,
    "moment": moment,
}
