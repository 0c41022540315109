"""Companies and the people there: what the CRM told us, seen from our side."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.actions.reading import note_readings
from accounts.choices import Lifecycle
from accounts.models import Account, Contact, User
from accounts.permissions import may_see_accounts, may_work_with_people
from clg.admin import QuestionFilter, ReadOnlyAdmin, Rights, Rows, Way, cells

LIFECYCLE_TONES = {Lifecycle.CUSTOMER: "good", Lifecycle.PROSPECT: "info", Lifecycle.FORMER_CUSTOMER: "quiet"}


class LifecycleFilter(QuestionFilter):
    title = "Are they a customer?"
    parameter_name = "lifecycle"
    answers = dict(Lifecycle.choices)


class CompletenessFilter(QuestionFilter):
    title = "Do we know more than the id?"
    parameter_name = "complete"
    answers: ClassVar[dict[str, str]] = {"1": "Yes", "0": "No, named only as a parent so far"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.filter(complete=answer == "1")


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin[Account]):
    rights = Rights(see=may_see_accounts)
    empty_title = "No account yet"
    empty_text = "Accounts come from your CRM: import an export, or connect a client under Integrations."
    empty_ways = (Way("Import a file", "accounts.importjob", "upload"),)

    list_display = (
        "title",
        "lifecycle_tag",
        "segment",
        "industry",
        "country",
        "owner",
        "csm",
        "open_deals",
        "renewal",
    )
    list_display_links = ("title",)
    list_select_related = ("owner", "csm")
    list_filter = (LifecycleFilter, CompletenessFilter)
    search_fields = ("name", "domain")
    search_help_text = "Name or domain"
    ordering = ("name", "id")
    autocomplete_fields = ("parent", "owner", "csm")
    fieldsets = (
        (
            "Company",
            {"fields": (("name", "domain"), ("industry", "segment"), ("region", "country"), "employees")},
        ),
        (
            "Relationship",
            {"fields": (("lifecycle", "parent"), ("owner", "csm"), ("customer_since", "renewal_on"))},
        ),
    )

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.live().with_open_deals()

    @display(description="Account", ordering="name", header=True)
    def title(self, row: Account) -> list[str]:
        return [str(row), row.domain]

    @display(description="Lifecycle", ordering="lifecycle")
    def lifecycle_tag(self, row: Account) -> SafeString:
        return cells.tag(row.get_lifecycle_display(), LIFECYCLE_TONES[Lifecycle(row.lifecycle)])

    @display(description="Open deals", ordering="open_deal_count")
    def open_deals(self, row: Any) -> SafeString:
        return cells.figure(str(row.open_deal_count or cells.UNKNOWN))

    @display(description="Renewal", ordering="renewal_on")
    def renewal(self, row: Account) -> SafeString:
        return cells.near_day(row.renewal_on, self.now())


class LeftFilter(QuestionFilter):
    title = "Are they still there?"
    parameter_name = "left"
    answers: ClassVar[dict[str, str]] = {"0": "Still there", "1": "Left the company"}

    def narrowed(self, queryset: Rows, answer: str) -> Rows:
        return queryset.filter(left_on__isnull=answer == "0")


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin[Contact]):
    rights = Rights(see=may_work_with_people)
    empty_title = "No contact yet"
    empty_text = "Contacts come from your CRM, with or after their accounts."
    empty_ways = (Way("Import a file", "accounts.importjob", "upload"),)

    list_display = ("person", "title", "account", "seniority", "persona", "language", "left")
    list_display_links = ("person",)
    list_select_related = ("account",)
    list_filter = (LeftFilter,)
    search_fields = ("first_name", "last_name", "email")
    search_help_text = "Name or address"
    ordering = ("last_name", "first_name", "id")
    autocomplete_fields = ("account", "successor")
    fieldsets = (
        ("Person", {"fields": (("first_name", "last_name"), ("title", "seniority"), ("persona", "account"))}),
        ("Reach", {"fields": (("email", "phone"), ("country", "language"))}),
        ("Departure", {"fields": (("left_on", "successor"),)}),
    )

    def in_sight(self, reader: Any) -> Rows:
        """Only persons whom the reader knows: one who also sells sees more accounts than cares for."""
        return super().in_sight(reader).known_to(reader)

    def listed(self, rows: Rows, reader: Any) -> Rows:
        return rows.live()

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        self._note_reading(request, object_id, "admin:page")
        return super().change_view(request, object_id, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._note_reading(request, object_id, "admin:history")
        return super().history_view(request, object_id, extra_context)

    def _note_reading(self, request: HttpRequest, object_id: str, door: str) -> None:
        """Address and phone stand on the page of a person and in its history; lists leave them out."""
        row = self.get_object(request, object_id)
        if row is not None and self.has_view_permission(request, row) and isinstance(request.user, User):
            note_readings(reader=request.user, contacts=[row], door=door)

    @display(description="Contact", ordering="last_name")
    def person(self, row: Contact) -> str:
        return str(row)

    @display(description="Left", ordering="left_on")
    def left(self, row: Contact) -> SafeString:
        return cells.near_day(row.left_on, self.now())
