"""What this floor shows above the record on the pages of accounts, contacts and deals."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.account import LIFECYCLE_TONES
from accounts.admin.opportunity import outcome_tag
from accounts.choices import SIGNAL_KINDS, Lifecycle, Outcome
from accounts.models import Account, Contact, ExternalIdentity, Opportunity, Signal
from accounts.permissions import may_see_signals
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.cards import TableCard, beside, heading

DEALS_SHOWN = 10


def account_head(request: HttpRequest, row: Any) -> SafeString:
    facts = [
        cells.tag(row.get_lifecycle_display(), LIFECYCLE_TONES[Lifecycle(row.lifecycle)]),
        ", ".join(fact for fact in (row.industry, row.segment, row.country) if fact),
        f"customer since {wording.day(row.customer_since)}" if row.customer_since else "",
        f"renewal {wording.day(row.renewal_on)}" if row.renewal_on else "",
        f"CSM {row.csm}" if row.csm else "no CSM",
        f"owner {row.owner}" if row.owner else "",
        _names_there(row.identities),
    ]
    return heading(str(row), facts)


def contact_head(request: HttpRequest, row: Any) -> SafeString:
    facts = [
        format_html("{}{}", f"{row.title}, " if row.title else "", cells.link(row.account)),
        row.get_seniority_display() if row.seniority != "unknown" else "",
        cells.tag(f"Left on {wording.day(row.left_on)}", "warn") if row.left_on else "",
        _names_there(row.identities),
    ]
    return heading(str(row), facts, initials=cells.initials(str(row)))


def deal_head(request: HttpRequest, row: Any) -> SafeString:
    closed = f" {wording.day(row.closed_at)}" if row.closed_at and row.outcome != Outcome.OPEN else ""
    facts = [
        format_html("{}{}", outcome_tag(row.outcome), closed),
        cells.link(row.account),
        wording.amount(row.amount, row.currency),
        row.get_kind_display() or "kind not said",
        f"stage {row.stage}" if row.stage else "",
        f"owner {row.owner or row.owner_email}" if row.owner or row.owner_email else "",
        _names_there(row.identities),
    ]
    return heading(str(row), facts)


def _names_there(identities: QuerySet[ExternalIdentity]) -> SafeString | str:
    """The row's ids in the outside systems."""
    names = [f"{one.source.name}: {one.external_id}" for one in identities.select_related("source")[:3]]
    return format_html('<span class="code">{}</span>', ", ".join(names)) if names else ""


def account_facts(request: HttpRequest, row: Any) -> SafeString:
    """Deals and the newest signal of each kind."""
    return beside(_deals(request, row), _account_signals(request, row))


def _deals(request: HttpRequest, row: Account) -> SafeString:
    deals = Opportunity.objects.visible_to(request.user).live().filter(account=row).order_by("-opened_at", "-id")
    rows = [
        [
            cells.link(deal),
            outcome_tag(deal.outcome),
            wording.day(deal.opened_at),
            wording.amount(deal.amount, deal.currency),
        ]
        for deal in deals[:DEALS_SHOWN]
    ]
    return TableCard(
        title="Deals",
        note="newest first",
        head=["Deal", "Outcome", "Opened", "Amount"],
        rows=rows,
        empty="No deal of this account in your sight.",
        numeric=frozenset({3}),
        more=cells.list_address(Opportunity, f"q={row.name}"),
    ).drawn()


def _account_signals(request: HttpRequest, row: Account) -> SafeString:
    about = Signal.objects.visible_to(request.user).filter(account=row, contact=None)
    return _signals(request, about, "What we know about the company")


def contact_signals(request: HttpRequest, row: Any) -> SafeString:
    about = Signal.objects.visible_to(request.user).filter(contact=row)
    return _signals(request, about, "What we know about the person")


def _signals(request: HttpRequest, rows: QuerySet[Signal], title: str) -> SafeString:
    """The newest signal of each kind; older ones are a click away."""
    if not may_see_signals(request.user):
        return SafeString("")
    now = timezone.now()
    newest = rows.filter(is_current=True).order_by("kind", "-observed_at", "-id").distinct("kind")
    found = {signal.kind: signal for signal in newest}
    shown = [
        [
            kind.label,
            wording.plain(found[code].raw),
            wording.plain(found[code].value),
            cells.near(found[code].observed_at, now),
            found[code].source,
        ]
        for code, kind in SIGNAL_KINDS.items()
        if code in found
    ]
    return TableCard(
        title=title,
        note="newest signal of each kind",
        head=["Signal", "Raw", "Of 100", "Observed", "Source"],
        rows=shown,
        empty="No signal yet. Usage, NPS, support and the like come by import or API.",
        numeric=frozenset({1, 2}),
    ).drawn()


register_panel(Account, account_head, place=10)
register_panel(Account, account_facts, place=30)
register_panel(Contact, contact_head, place=10)
register_panel(Contact, contact_signals, place=30)
register_panel(Opportunity, deal_head, place=10)
