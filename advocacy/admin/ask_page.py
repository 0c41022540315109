"""The page of one ask: who and for what, the gates passed over and why, what its moves did to the minutes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import Account, Opportunity
from advocacy.admin.words import ask_marks, ask_tag
from advocacy.models import Ask, AskOverride, EffortEntry
from advocacy.privacy import champion_name
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.cards import TableCard, heading
from clg.admin.naming import names_of_actors


def ask_head(request: HttpRequest, row: Any) -> SafeString:
    """The champion, where it stands, whom it serves as far as the reader sees that, and who asked."""
    name = cells.link(row.champion, champion_name(row.champion, request.user)) if row.champion else str(row.contact)
    asker = names_of_actors([row.asked_as])[row.asked_as]
    facts = [
        ask_tag(row.state),
        name,
        str(row.account),
        *_served(row, request.user),
        f"{row.minutes} minutes",
        f"asked by {asker}",
        wording.day(row.reserved_at),
        ask_marks(row) if row.gates or row.asked_on else "",
    ]
    return heading(row.get_use_display(), facts)


def _served(row: Ask, reader: Any) -> list[SafeString]:
    """The deal and the prospect, each where it is in sight."""
    deal = Opportunity.objects.visible_to(reader).filter(pk=row.opportunity_id).first()
    prospect = Account.objects.visible_to(reader).filter(pk=row.prospect_id).first()
    return [cells.link(served) for served in (deal, prospect) if served]


def overrides(request: HttpRequest, row: Any) -> SafeString | str:
    passed = AskOverride.objects.visible_to(request.user).filter(ask=row).select_related("by")
    rows = [[one.get_gate_display(), one.reason, str(one.by), wording.moment(one.at)] for one in passed]
    if not rows:
        return ""
    return TableCard(
        title="Gates passed over", head=["Gate", "Why", "By", "When"], rows=rows, empty="No gate was passed over."
    ).drawn()


def prediction(request: HttpRequest, row: Any) -> SafeString | str:
    """What the willingness was made of when the ask was reserved."""
    rows = [
        [part["term"].replace("_", " ").capitalize(), part["value"], part["points"]] for part in row.willingness_parts
    ]
    if not rows:
        return ""
    return TableCard(
        title=f"A yes was expected with {wording.plain(row.willingness)} of 100",
        note=f"evidence: {row.get_evidence_display().lower()}" if row.evidence else "",
        head=["What spoke for or against it", "Value", "Points"],
        rows=rows,
        empty="Nothing was predicted.",
        numeric=frozenset({1, 2}),
    ).drawn()


def entries(request: HttpRequest, row: Any) -> SafeString:
    """What each move reserved, gave back or used."""
    ledger = list(EffortEntry.objects.visible_to(request.user).filter(ask=row).order_by("id"))
    names = names_of_actors(entry.by for entry in ledger)
    return TableCard(
        title="Minutes",
        note="append-only; used minutes count for 90 days",
        head=["What", "Minutes", "Counts on", "When", "By"],
        rows=[
            [
                entry.get_bucket_display(),
                wording.signed(Decimal(entry.minutes), 0),
                wording.day(entry.effective_on),
                wording.moment(entry.at),
                names[entry.by],
            ]
            for entry in ledger
        ],
        empty="No minutes were moved.",
        numeric=frozenset({1}),
    ).drawn()


register_panel(Ask, ask_head, place=10)
register_panel(Ask, overrides, place=20)
register_panel(Ask, prediction, place=30)
register_panel(Ask, entries, place=40)
