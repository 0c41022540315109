"""The matcher said slowly in plain Python, over the rows that are stored: what `match.sql` must equal."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.conf import settings

from accounts.models import Account, Opportunity
from advocacy.models import Encounter, OpportunityFact

BEFORE = dt.timedelta(days=730)


class Met(NamedTuple):
    """One touch as it ought to be."""

    encounter_id: int
    opportunity_id: int
    rung: int
    side: str
    void_reason: str


def matched() -> set[Met]:
    """The touches of every encounter."""
    deals = list(OpportunityFact.objects.filter(superseded_at=None).select_related("account", "opportunity"))
    return {met for encounter in Encounter.objects.all() for met in _of(encounter, deals)}


def _of(encounter: Encounter, deals: list[OpportunityFact]) -> list[Met]:
    if encounter.opportunity_id:
        found = [deal for deal in deals if deal.opportunity_id == encounter.opportunity_id]
        rung = encounter.given_rung or 1
    else:
        open_then = [deal for deal in deals if _in_time(encounter, deal)]
        rungs = [_rung(encounter, deal) for deal in open_then]
        rung = min((n for n in rungs if n), default=0)
        found = [deal for deal, n in zip(open_then, rungs, strict=True) if n and n == rung]
    return [Met(encounter.pk, deal.opportunity_id, rung, _side(encounter, deal), _void(encounter)) for deal in found]


def _in_time(encounter: Encounter, deal: OpportunityFact) -> bool:
    if deal.is_deleted or encounter.occurred_at < deal.opened_at - BEFORE:
        return False
    return deal.closed_at is None or encounter.occurred_at <= deal.closed_at


def _rung(encounter: Encounter, deal: OpportunityFact) -> int | None:
    contact = encounter.buyer_contact
    if contact and _has_role(deal.opportunity, contact.pk):
        return 2
    their_account = contact.account_id if contact else None
    if their_account and their_account == deal.account_id:
        return 3
    if not their_account and encounter.buyer_account_id and encounter.buyer_account_id == deal.account_id:
        return 4
    own_domain = deal.account.domain if deal.account else ""
    if own_domain and own_domain in _domains(encounter):
        return 5
    buyers = {their_account, encounter.buyer_account_id} - {None}
    if deal.account and any(_is_above(deal.account_id, pk) or _is_above(pk, deal.account_id) for pk in buyers):
        return 6
    return None


def _has_role(deal: Opportunity, contact_id: int) -> bool:
    return deal.contact_roles.filter(contact=contact_id).exists()


def _domains(encounter: Encounter) -> set[str]:
    contact = encounter.buyer_contact
    mail = contact.email.lower().split("@")[1] if contact and "@" in contact.email else ""
    return {encounter.buyer_domain, mail} - settings.FREE_MAIL_DOMAINS - {""}


def _chain(account_id: int | None) -> list[int]:
    """The account and everything above it, once each."""
    chain: list[int] = []
    while account_id is not None and account_id not in chain:
        chain.append(account_id)
        account_id = Account.objects.get(pk=account_id).parent_id
    return chain


def _is_above(upper: int | None, lower: int | None) -> bool:
    return upper in _chain(lower)[1:]


def _top(account_id: int | None) -> int | None:
    chain = _chain(account_id)
    if not chain:
        return None
    return min(chain) if Account.objects.get(pk=chain[-1]).parent_id else chain[-1]


def _side(encounter: Encounter, deal: OpportunityFact) -> str:
    theirs = encounter.activity.account_id
    if theirs == deal.account_id:
        return "own"
    return "family" if deal.account_id and _top(theirs) == _top(deal.account_id) else "peer"


def _void(encounter: Encounter) -> str:
    if encounter.withdrawn_at or encounter.activity.withdrawn_at:
        return "withdrawn"
    return "duplicate_activity" if encounter.activity.duplicate_of_id else ""
