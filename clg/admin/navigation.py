"""The sidebar in the order of work. Only screens that exist, and that this person may open, are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar: its words, its sign, the model of the list as a string, a filter as query string.

    `page` is a page of that screen beside its list, by the last part of its address; the screen says who may open it.
    """

    title: str
    icon: str
    model: str
    query: str = ""
    page: str = ""

    @property
    def address(self) -> str:
        return reverse(f"admin:{self.model.replace('.', '_')}_{self.page or 'changelist'}")

    def is_asked(self, asked: Mapping[str, str]) -> bool:
        """Whether a list is filtered as this line is; a line without a filter fits every list of its model."""
        return all(asked.get(name) == value for name, value in parse_qsl(self.query))


ORDER: Final[tuple[tuple[str, tuple[Entry, ...]], ...]] = (
    (
        "Pool",
        (
            Entry("Champions", "groups", "advocacy.champion"),
            Entry("Nominations", "person_add", "advocacy.champion", "standing=nominated"),
            Entry("Asks", "contact_mail", "advocacy.ask"),
            Entry("Grants", "verified", "advocacy.grant"),
            Entry("Takedowns", "remove_circle", "advocacy.takedowntask"),
            Entry("Uses", "category", "advocacy.userule"),
            Entry("Budgets", "hourglass_empty", "advocacy.effortbudget"),
            Entry("Blackouts", "event_busy", "advocacy.blackoutperiod"),
            Entry("Weight sets", "tune", "advocacy.readinessmodel"),
        ),
    ),
    (
        "Attribution",
        (
            Entry("Activities", "campaign", "advocacy.activity"),
            Entry("Encounters", "handshake", "advocacy.encounter"),
            Entry("Touches to review", "rule", "advocacy.touch", "review=1"),
            Entry("Touches", "link", "advocacy.touch"),
            Entry("Credit", "account_balance", "advocacy.creditset"),
            Entry("Models", "function", "advocacy.attributionmodel"),
            Entry("Runs", "play_circle", "advocacy.attributionrun"),
        ),
    ),
    (
        "Customers",
        (
            Entry("Opportunities", "monetization_on", "accounts.opportunity"),
            Entry("Accounts", "domain", "accounts.account"),
            Entry("Contacts", "contacts", "accounts.contact"),
            Entry("Signals", "monitoring", "accounts.signal"),
            Entry("Products", "inventory_2", "accounts.product"),
            Entry("Exchange rates", "currency_exchange", "accounts.exchangerate"),
        ),
    ),
    (
        "Integrations",
        (
            Entry("Sources", "sync_alt", "accounts.crmsource"),
            Entry("Clients", "key", "accounts.apiclient"),
            Entry("Imports", "upload_file", "accounts.importjob"),
            Entry("Presets", "table_convert", "accounts.importpreset"),
            Entry("Identities", "fingerprint", "accounts.externalidentity"),
            Entry("Possible duplicates", "join", "accounts.mergeevent", page="duplicates"),
            Entry("Merges", "merge", "accounts.mergeevent"),
            Entry("Conflicts", "call_split", "accounts.syncconflict"),
            Entry("Outbox", "outbox", "clg.outboxevent"),
            Entry("Consumers", "conveyor_belt", "clg.feedconsumer"),
            Entry("Failures", "report", "clg.consumerfailure"),
            Entry("Webhook endpoints", "webhook", "clg.webhookendpoint"),
            Entry("Webhook deliveries", "send", "clg.webhookdelivery"),
        ),
    ),
    (
        "Settings",
        (
            Entry("Users", "badge", "accounts.user"),
            Entry("Teams", "diversity_3", "accounts.team"),
            Entry("Security log", "shield", "clg.securitylog"),
        ),
    ),
)


@dataclass(frozen=True)
class Place:
    """Where a list stands: its group, its own words, its address."""

    group: str
    title: str
    address: str


def place_of(opts: Any, asked: Mapping[str, str] | None = None, path: str = "") -> Place:
    """The place of a model's list, filtered as asked, or of its page at this path; a screen without a line of its own
    goes by the model's name."""
    if found := _line(opts.label_lower, asked or {}, path):
        group, entry = found
        return Place(group, entry.title, entry.address)
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    return Place("", str(opts.verbose_name_plural).capitalize(), address)


def _line(model: str, asked: Mapping[str, str], path: str) -> tuple[str, Entry] | None:
    """The line of a page, or of a list: of those that fit what is asked the one with a filter."""
    lines = [(group, entry) for group, entries in ORDER for entry in entries if entry.model == model]
    pages = [line for line in lines if line[1].page]
    if found := next((line for line in pages if path.startswith(line[1].address)), None):
        return found
    lines = [line for line in lines if not line[1].page]
    fitting = [line for line in lines if line[1].is_asked(asked)]
    return max(fitting, key=lambda line: bool(line[1].query), default=None)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups for this person, in the form the theme reads; Today stands first, alone."""
    today = {"title": "Today", "icon": "today", "link": reverse("admin:index")}
    groups = [{"title": title, "separator": True, "items": _open(title, entries, request)} for title, entries in ORDER]
    return [{"title": None, "items": [today]}, *(group for group in groups if group["items"])]


def _open(group: str, entries: tuple[Entry, ...], request: HttpRequest) -> list[dict[str, Any]]:
    screens = {model._meta.label_lower: screen for model, screen in admin.site._registry.items()}
    return [
        _item(group, entry, request)
        for entry in entries
        if entry.model in screens and _is_shown(entry, screens[entry.model], request)
    ]


def _is_shown(entry: Entry, screen: Any, request: HttpRequest) -> bool:
    """A filtered line is work that waits: it is shown to those who may do some of it."""
    if not screen.has_view_permission(request):
        return False
    if entry.page:
        return bool(screen.may_open_page(request, entry.page))
    return not entry.query or any(act.may(request.user) for act in screen.all_acts())


def _item(group: str, entry: Entry, request: HttpRequest) -> dict[str, Any]:
    is_line = _line(entry.model, request.GET, request.path) == (group, entry)
    return {
        "title": entry.title,
        "icon": entry.icon,
        "link": f"{entry.address}?{entry.query}" if entry.query else entry.address,
        "active": is_line and request.path.startswith(entry.address),
    }
