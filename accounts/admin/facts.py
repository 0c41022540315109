"""Facts that others write or that change rarely: signals, products, exchange rates."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.choices import SIGNAL_KINDS, Role
from accounts.models import ExchangeRate, Product, Signal
from accounts.permissions import may_record_rates, may_see_reference_data, may_see_signals
from accounts.principals import has_role
from clg import wording
from clg.admin import ProductAdmin as Screen
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, Way, cells


class SignalKindFilter(QuestionFilter):
    title = "What was observed?"
    parameter_name = "kind"
    answers: ClassVar[dict[str, str]] = {code: kind.label for code, kind in SIGNAL_KINDS.items()}


class CurrentFilter(QuestionFilter):
    title = "Does it still hold?"
    parameter_name = "is_current"
    answers: ClassVar[dict[str, str]] = {"1": "Holds", "0": "Corrected since"}


@admin.register(Signal)
class SignalAdmin(ReadOnlyAdmin[Signal]):
    """Append-only: a correction is a new row."""

    rights = Rights(see=may_see_signals)
    empty_title = "No signal yet"
    empty_text = "Signals are facts about accounts and contacts: usage, NPS, support load. Import or push them."
    empty_ways = (Way("See the clients that push", "accounts.apiclient"),)

    list_display = ("kind", "account", "person", "raw_figure", "value", "observed", "source", "holds")
    list_select_related = ("account", "contact")
    list_filter = (SignalKindFilter, CurrentFilter)
    search_fields = ("account__name",)
    search_help_text = "Account"
    ordering = ("-id",)
    fields = (
        ("kind", "account", "person"),
        ("raw_figure", "value"),
        ("observed_at", "recorded_at"),
        ("source", "is_current"),
    )
    readonly_fields = ("person", "raw_figure")

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.with_known_contact(reader)

    @display(description="Person")
    def person(self, row: Any) -> str:
        """Whom the fact is about, for readers who know the person."""
        if row.contact_id is None:
            return wording.UNKNOWN
        return str(row.contact) if row.known_contact else "A person there"

    @display(description="Raw")
    def raw_figure(self, row: Signal) -> SafeString:
        return cells.figure(wording.plain(row.raw))

    @display(description="Holds", ordering="is_current", boolean=True)
    def holds(self, row: Signal) -> bool:
        return row.is_current

    @display(description="Observed", ordering="observed_at")
    def observed(self, row: Signal) -> SafeString:
        return cells.near(row.observed_at, self.now())


def _may_edit_products(user: Any) -> bool:
    return has_role(user, Role.ADMINISTRATOR, Role.MARKETER)


@admin.register(Product)
class ProductAdmin(Screen[Product]):
    rights = Rights(see=may_see_reference_data, edit=_may_edit_products, add=_may_edit_products)
    empty_title = "No product yet"
    empty_text = "Products are made by the first import that names them, or here."

    list_display = ("name", "code", "active")
    search_fields = ("name", "code")
    search_help_text = "Name or code"
    ordering = ("name",)

    @display(description="Active", ordering="is_active", boolean=True)
    def active(self, row: Product) -> bool:
        return row.is_active


class CurrencyFilter(QuestionFilter):
    title = "Which currency?"
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rates = ExchangeRate.objects.visible_to(request.user).order_by("currency")
        return [(code, code) for code in rates.values_list("currency", flat=True).distinct()]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(Screen[ExchangeRate]):
    """Append-only: of several rows for a currency and day the one recorded last holds."""

    rights = Rights(see=may_see_reference_data, add=may_record_rates)
    empty_title = "No exchange rate yet"
    empty_text = (
        "A deal in another currency counts in reports once a rate of its day, or of the 45 days before, is here."
    )

    list_display = ("currency", "on", "rate_figure", "source", "recorded")
    list_filter = (CurrencyFilter,)
    search_fields = ("currency",)
    search_help_text = "Currency code"
    ordering = ("-on", "currency", "-id")
    fields = ("currency", "on", "rate", "source")

    @display(description="Rate", ordering="rate")
    def rate_figure(self, row: ExchangeRate) -> SafeString:
        return cells.figure(wording.plain(row.rate))

    @display(description="Recorded", ordering="recorded_at")
    def recorded(self, row: ExchangeRate) -> SafeString:
        return cells.near(row.recorded_at, self.now())
