"""Cells of lists: a score with its word, a moment near or far, money, a person. Word or sign beside every color."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clg import wording

UNKNOWN = wording.UNKNOWN
QUIET = format_html('<span class="clg-quiet">{}</span>', wording.UNKNOWN)


def near(value: datetime | None, now: datetime) -> SafeString:
    """'3 days ago', the whole moment on hover."""
    if value is None:
        return QUIET
    return format_html(
        '<time class="clg-number" datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        wording.moment(value),
        wording.distance(value, now),
    )


def near_day(value: date | None, now: datetime) -> SafeString:
    """'in 3 days', the day on hover."""
    if value is None:
        return QUIET
    return format_html(
        '<time class="clg-number" datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        wording.day(value),
        wording.day_distance(value, now.date()),
    )


def money(value: Decimal | None, currency: str) -> SafeString:
    return QUIET if value is None else figure(wording.amount(value, currency))


def figure(text: str) -> SafeString:
    """Digits of equal width, never broken over lines."""
    return format_html('<span class="clg-number">{}</span>', text)


def tag(text: str, tone: str = "quiet", sign: str = "") -> SafeString:
    """A word on a tint: good, warn, bad, info or quiet, with a sign where the word alone is not telling."""
    return format_html('<span class="clg-tag {}">{}{}</span>', tone, f"{sign} " if sign else "", text)


def code(text: str) -> SafeString:
    """Ids and codes in monospace."""
    return format_html('<code class="clg-code">{}</code>', text)


def keyed(text: str, key: str) -> SafeString:
    """A word with the color key that charts use for it: sourced or influenced."""
    return format_html('<span class="clg-keyed"><i class="clg-key {}"></i>{}</span>', key, text)


def link(row: Model | None, text: str = "") -> SafeString:
    """The name of a row, leading to its page."""
    if row is None:
        return QUIET
    return format_html('<a class="clg-link" href="{}">{}</a>', address(row), text or str(row))


def address(row: Model) -> str:
    """The address of a row's page in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_address(model: type[Model], query: str = "") -> str:
    """The address of a list in the admin, with filters as a query string."""
    where = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{where}?{query}" if query else where


def initials(name: str) -> str:
    """'Maya Lindqvist' -> 'ML'; '' for a name without letters."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
