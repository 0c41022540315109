"""Recording that an activity met a buyer, and taking it back. A touch is readable at once.

A second call with the same (source, source_ref) and content, or the same target state, changes nothing.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from accounts.models import Account, Contact, Opportunity, User
from advocacy.actions.recording import refuse_future, store
from advocacy.attribution.match import match_now
from advocacy.choices import Cause, EncounterKind, TouchRole
from advocacy.errors import NoBuyerIdentity, RungNeedsOpportunity, SourcedNeedsOpportunity
from advocacy.models import Activity, Encounter
from advocacy.waking import wake_attribution
from clg.events.outbox import emit


@transaction.atomic
def record_encounter(
    *,
    activity: Activity,
    kind: str,
    occurred_at: dt.datetime,
    source: str,
    source_ref: str,
    at: dt.datetime,
    role: str = TouchRole.INFLUENCED,
    opportunity: Opportunity | None = None,
    given_rung: int | None = None,
    buyer_contact: Contact | None = None,
    buyer_account: Account | None = None,
    buyer_domain: str = "",
    weight_hint: Decimal = Decimal(1),
    named_by: User | None = None,
) -> Encounter:
    """Store one meeting of an activity with a buyer and match it.

    Other content for a known (source, source_ref) replaces the former and gives new versions of its touches.
    Raises `InvalidInput`: in_the_future, sourced_needs_opportunity, rung_needs_opportunity, no_buyer_identity.
    """
    refuse_future(occurred_at, at=at)
    domain = buyer_domain.strip().lower().rstrip(".")
    if opportunity is None:
        _refuse_unnamed(role, given_rung, buyer_contact or buyer_account, domain)
    content = {
        "activity": activity,
        "kind": EncounterKind(kind),
        "role": TouchRole(role),
        "occurred_at": occurred_at,
        "opportunity": opportunity,
        "given_rung": given_rung,
        "buyer_contact": buyer_contact,
        "buyer_account": buyer_account,
        "buyer_domain": domain,
        "weight_hint": Decimal(weight_hint),
    }
    encounter, changed = store(Encounter, source, source_ref, content, named_by=named_by)
    if changed:
        _tell("recorded", encounter, named_by)
        match_now([encounter.pk], cause=Cause.TOUCH)
    return encounter


def _refuse_unnamed(role: str, given_rung: int | None, buyer: Contact | Account | None, domain: str) -> None:
    """An encounter that names no deal needs a buyer, and cannot say how or why the deal was found."""
    if role == TouchRole.SOURCED:
        raise SourcedNeedsOpportunity
    if given_rung is not None:
        raise RungNeedsOpportunity
    if buyer is None and (not domain or domain in settings.FREE_MAIL_DOMAINS):
        raise NoBuyerIdentity


@transaction.atomic
def withdraw_encounter(*, encounter: Encounter, reason: str, at: dt.datetime, by: User | None = None) -> Encounter:
    """This was not us: its touches stay as void ones and earn nothing."""
    encounter = _locked(encounter)
    if encounter.is_withdrawn:
        return encounter
    encounter.withdrawn_at, encounter.withdrawn_reason = at, reason or "withdrawn"
    return _moved("withdrawn", encounter, by)


@transaction.atomic
def restore_encounter(*, encounter: Encounter, at: dt.datetime, by: User | None = None) -> Encounter:
    """Undo a withdrawal."""
    encounter = _locked(encounter)
    if not encounter.is_withdrawn:
        return encounter
    encounter.withdrawn_at, encounter.withdrawn_reason = None, ""
    return _moved("restored", encounter, by)


def _locked(encounter: Encounter) -> Encounter:
    return Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)


def _moved(what: str, encounter: Encounter, by: User | None) -> Encounter:
    encounter.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    _tell(what, encounter, by)
    match_now([encounter.pk], cause=Cause.WITHDRAWAL)
    return encounter


def _tell(what: str, encounter: Encounter, by: User | None) -> None:
    """The event; a person who did it waits for the credit, so the worker is woken."""
    refs = {} if encounter.opportunity is None else {"opportunity": encounter.opportunity.public_id}
    emit(f"encounter.{what}", object_type="encounter", object_id=encounter.public_id, refs=refs)
    if by is not None:
        wake_attribution()
