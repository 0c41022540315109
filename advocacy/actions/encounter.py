"""Recording that activities met buyers, one by one or many at once, and taking it back. A touch is readable at once.

A second call with the same (source, source_ref) and content, or the same target state, changes nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import prefetch_related_objects

from accounts.models import Account, Contact, MergeEvent, Opportunity, User
from accounts.sync.locks import hold_merges_off
from advocacy.actions.recording import (
    NO_TRACES,
    Draft,
    Recorded,
    Traces,
    lock_all,
    mark_withdrawn,
    record,
    refuse_future,
    tell,
)
from advocacy.attribution.match import match_now
from advocacy.choices import Cause, EncounterKind, TouchRole
from advocacy.errors import NoBuyerIdentity, RungNeedsOpportunity, SourcedNeedsOpportunity
from advocacy.models import Activity, Encounter
from advocacy.waking import wake_attribution

_KIND_OF: Final = {"opportunity_id": "opportunity", "buyer_contact_id": "contact", "buyer_account_id": "account"}


@dataclass(frozen=True, slots=True)
class EncounterItem:
    """One meeting of an activity with a buyer, and told by whom. `public_id` as in `ActivityItem`."""

    activity_id: int
    kind: str
    occurred_at: dt.datetime
    source: str
    source_ref: str
    role: str = TouchRole.INFLUENCED
    opportunity_id: int | None = None
    given_rung: int | None = None
    buyer_contact_id: int | None = None
    buyer_account_id: int | None = None
    buyer_domain: str = ""
    weight_hint: Decimal = Decimal(1)
    named_by_id: int | None = None
    public_id: uuid.UUID | None = None
    trace_id: str = ""

    @property
    def name(self) -> tuple[str, str]:
        return self.source, self.source_ref


@transaction.atomic
def record_encounters(
    *, items: Sequence[EncounterItem], at: dt.datetime, by: User | None = None
) -> list[Recorded[Encounter]]:
    """Store many meetings in a bounded number of statements and match them in one pass; one answer an item, in order.

    Rules and errors are those of `record_encounter`; a name that stands twice fails (duplicate_in_request).
    """
    hold_merges_off()
    results = record(
        Encounter,
        _at_heirs(items),
        check=lambda item: _refuse(item, at),
        draft=lambda sound: [_draft(item) for item in sound],
    )
    changed = {result.row: result.changed for result in results if result.row is not None and result.is_new}
    if changed:
        _tell_all("recorded", changed, by, {item.source_ref: item.trace_id for item in items})
        match_now([row.pk for row in changed], cause=Cause.TOUCH)
    return results


def _at_heirs(items: Sequence[EncounterItem]) -> list[EncounterItem]:
    """Where a merge took a row away since the caller read it, the winner is meant."""
    keys = {column: {getattr(item, column) for item in items} - {None} for column in _KIND_OF}
    heirs = MergeEvent.objects.heirs_of(**{_KIND_OF[column]: found for column, found in keys.items()})
    if not any(heirs.values()):
        return list(items)
    return [replace(item, **_moved_columns(item, heirs)) for item in items]


def _moved_columns(item: EncounterItem, heirs: Mapping[str, Mapping[int, int]]) -> dict[str, Any]:
    named = {column: getattr(item, column) for column in _KIND_OF}
    return {column: heirs[_KIND_OF[column]].get(key, key) for column, key in named.items()}


def _draft(item: EncounterItem) -> Draft:
    content = {
        "activity_id": item.activity_id,
        "kind": EncounterKind(item.kind),
        "role": TouchRole(item.role),
        "occurred_at": item.occurred_at,
        "opportunity_id": item.opportunity_id,
        "given_rung": item.given_rung,
        "buyer_contact_id": item.buyer_contact_id,
        "buyer_account_id": item.buyer_account_id,
        "buyer_domain": _domain(item),
        "weight_hint": Decimal(item.weight_hint),
    }
    first: dict[str, Any] = {"named_by_id": item.named_by_id}
    return Draft(content, first | ({"public_id": item.public_id} if item.public_id else {}))


def _domain(item: EncounterItem) -> str:
    return item.buyer_domain.strip().lower().rstrip(".")


def _refuse(item: EncounterItem, at: dt.datetime) -> None:
    """An encounter that names no deal needs a buyer, and cannot say how or why the deal was found."""
    refuse_future(item.occurred_at, at=at)
    if item.opportunity_id is not None:
        return
    if item.role == TouchRole.SOURCED:
        raise SourcedNeedsOpportunity
    if item.given_rung is not None:
        raise RungNeedsOpportunity
    domain, names_buyer = _domain(item), item.buyer_contact_id is not None or item.buyer_account_id is not None
    if not names_buyer and (not domain or domain in settings.FREE_MAIL_DOMAINS):
        raise NoBuyerIdentity


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
    item = EncounterItem(
        activity_id=activity.pk,
        kind=kind,
        occurred_at=occurred_at,
        source=source,
        source_ref=source_ref,
        role=role,
        opportunity_id=opportunity.pk if opportunity else None,
        given_rung=given_rung,
        buyer_contact_id=buyer_contact.pk if buyer_contact else None,
        buyer_account_id=buyer_account.pk if buyer_account else None,
        buyer_domain=buyer_domain,
        weight_hint=weight_hint,
        named_by_id=named_by.pk if named_by else None,
    )
    return record_encounters(items=[item], at=at, by=named_by)[0].stored()


def withdraw_encounter(*, encounter: Encounter, reason: str, at: dt.datetime, by: User | None = None) -> Encounter:
    """This was not us: its touches stay as void ones and earn nothing."""
    return withdraw_encounters(encounters=[encounter], reason=reason, at=at, by=by)[0]


@transaction.atomic
def withdraw_encounters(
    *, encounters: Sequence[Encounter], reason: str, at: dt.datetime, by: User | None = None, traces: Traces = NO_TRACES
) -> list[Encounter]:
    """The same for many at once; those that are withdrawn stay as they are."""
    rows = lock_all(Encounter, encounters)
    moved = [row for row in rows if not row.is_withdrawn]
    mark_withdrawn(Encounter, moved, at=at, reason=reason or "withdrawn")
    _tell_moved("withdrawn", moved, by, traces)
    return rows


def restore_encounter(*, encounter: Encounter, at: dt.datetime, by: User | None = None) -> Encounter:
    """Undo a withdrawal."""
    return restore_encounters(encounters=[encounter], at=at, by=by)[0]


@transaction.atomic
def restore_encounters(
    *, encounters: Sequence[Encounter], at: dt.datetime, by: User | None = None, traces: Traces = NO_TRACES
) -> list[Encounter]:
    """The same for many at once; those that stand stay as they are."""
    rows = lock_all(Encounter, encounters)
    moved = [row for row in rows if row.is_withdrawn]
    mark_withdrawn(Encounter, moved, at=None, reason="")
    _tell_moved("restored", moved, by, traces)
    return rows


def _tell_moved(what: str, encounters: Sequence[Encounter], by: User | None, traces: Traces) -> None:
    if encounters:
        _tell_all(what, dict.fromkeys(encounters, ["withdrawn_at"]), by, traces)
        match_now([encounter.pk for encounter in encounters], cause=Cause.WITHDRAWAL)


def _tell_all(what: str, changed: Mapping[Encounter, Sequence[str]], by: User | None, traces: Traces) -> None:
    """The events; a person who did it waits for the credit, so the worker is woken."""
    rows = list(changed)
    prefetch_related_objects(rows, "opportunity")
    tell(what, rows, changed={row.pk: names for row, names in changed.items()}, refs=_refs, traces=traces)
    if by is not None:
        wake_attribution()


def _refs(encounter: Encounter) -> dict[str, uuid.UUID]:
    return {} if encounter.opportunity is None else {"opportunity": encounter.opportunity.public_id}
