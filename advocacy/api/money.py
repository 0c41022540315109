"""Money of the ledger in answers: whole minor units become a decimal string with its currency."""

from __future__ import annotations

from rest_framework import serializers

from clg.api.outputs import Output
from clg.money import as_text


class Money(Output):
    """`{"amount": "48000.00", "currency": "EUR"}`."""

    amount = serializers.CharField(read_only=True)
    currency = serializers.CharField(read_only=True, help_text="ISO 4217")


def money(minor: int | None, currency: str) -> dict[str, str | None] | None:
    """The amount, null when it is not known (no exchange rate)."""
    return None if minor is None else {"amount": as_text(minor, currency), "currency": currency}
