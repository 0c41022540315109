"""Giving, refusing, ending and using permissions, by the table of `advocacy/grants/lifecycle.py`.

Every move writes an event with the hash of what the grant then says: the events are the truth. A grant that ends takes
its open asks with it and opens one takedown for every place that stands on it, in one transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from accounts.choices import Role
from accounts.models import Account, User
from accounts.permissions import cares_for
from accounts.principals import ApiPrincipal
from accounts.sync.locks import hold_merges_off
from advocacy.actions.answering import withdraw_ask
from advocacy.actions.meters import lock_grant
from advocacy.actions.takedown import open_takedowns, refs_of
from advocacy.asks.parts import AskActor, name_of_asker
from advocacy.choices import (
    AskEnd,
    AskState,
    GrantEnd,
    Grantor,
    GrantPartyRole,
    GrantState,
    ProofKind,
    Use,
)
from advocacy.errors import (
    GrantNotInState,
    GrantorMissing,
    GrantProofNeeded,
    LimitsMissing,
)
from advocacy.grants.coverage import Plan, coverage_of
from advocacy.grants.lifecycle import GIVEN, NEW, GrantMove, GrantPart, move_of, waits_for
from advocacy.grants.terms import Terms, errors_of, fingerprint
from advocacy.models import (
    Ask,
    Champion,
    Grant,
    GrantEvent,
    GrantParty,
)
from advocacy.prospects import prospect_of
from advocacy.readiness.standing import Advocate
from clg.errors import InvalidInput, NotAllowed
from clg.events.outbox import emit

_DUE_AFTER_WITHDRAWAL: Final = 5
_DUE_IN_SALES_DECKS: Final = 1
_DUE_AFTER_END: Final = 10


@dataclass(frozen=True)
class Proof:
    """What shows that a grant was given: a kind, words, the name of a stored file, the address it came from."""

    kind: str
    text: str = ""
    file: str = ""
    ip: str = ""


@transaction.atomic
def propose_grant(
    *,
    use: str,
    terms: Terms,
    by: AskActor,
    at: dt.datetime,
    champion: Champion | None = None,
    account: Account | None = None,
    public_id: uuid.UUID | None = None,
) -> Grant:
    """Write down what could be granted, by a person or by a company. Raises `GrantorMissing`, `InvalidInput`.

    `public_id` only where the caller derives our name of a new row.
    """
    if (champion is None) == (account is None):
        raise GrantorMissing
    if errors := errors_of(terms):
        raise InvalidInput(errors[0].detail, errors=errors)
    hold_merges_off()
    grant = Grant(
        public_id=public_id or uuid.uuid4(),
        grantor=Grantor.PERSON if champion else Grantor.COMPANY,
        champion=champion,
        account=account,
        use=Use(use),
        state=GrantState.PROPOSED,
        recorded_by=by if isinstance(by, User) else None,
        **terms.columns(),
    )
    _check_part("propose", grant, by)
    grant.save()
    grant.products.set(terms.products)
    GrantParty.objects.bulk_create(
        GrantParty(grant=grant, account_id=pk, role=role)
        for role, keys in (
            (GrantPartyRole.NEVER_TO, terms.never_to_accounts),
            (GrantPartyRole.PROSPECT, terms.prospects),
        )
        for pk in dict.fromkeys(keys)
    )
    _remember(grant, "propose", NEW, by, at)
    return grant


@transaction.atomic
def send_grant(*, grant: Grant, by: AskActor, at: dt.datetime) -> Grant:
    """Put it to its grantor. Raises `GrantNotInState`, `NotAllowed`."""
    grant = lock_grant(grant)
    return _move(grant, "send", by=by, at=at, target=waits_for(grant.grantor))


@transaction.atomic
def give_grant(*, grant: Grant, by: AskActor, at: dt.datetime, proof: Proof, with_limits: bool = False) -> Grant:
    """The grantor gives it; older grants of the same grantor, use and scope are superseded.

    Raises `GrantProofNeeded`, `LimitsMissing`, `GrantNotInState`, `NotAllowed`.
    """
    if proof.kind not in ProofKind.values or (not isinstance(by, Advocate) and proof.kind == ProofKind.PORTAL):
        raise GrantProofNeeded
    grant = lock_grant(grant)
    if with_limits and not _has_limits(grant):
        raise LimitsMissing
    columns: dict[str, Any] = {
        "decided_at": at,
        "proof_kind": ProofKind(proof.kind),
        "proof_text": proof.text,
        "proof_file": proof.file,
        "proof_ip": proof.ip,
    }
    older = _same_scope(grant)
    columns["supersedes"] = older[0] if older else None
    grant = _move(grant, "grant_with_limits" if with_limits else "grant", "granted", by=by, at=at, **columns)
    for former in older:
        _move(lock_grant(former), "supersede", by=None, at=at, ended_at=at)
    return grant


def _has_limits(grant: Grant) -> bool:
    narrows = (grant.regions, grant.languages, grant.campaigns, grant.never_to_domains, grant.audiences, grant.channels)
    caps = (grant.cap_count, grant.cap_minutes)
    is_open = grant.identity == "full" and not any(narrows) and all(cap is None for cap in caps)
    return not is_open or grant.products.exists() or grant.parties.exists()


def _same_scope(grant: Grant) -> list[Grant]:
    """Older grants in force of the same grantor and use with the same scope, newest first."""
    scope = ("regions", "languages", "campaigns", "audiences", "channels")
    rows = Grant.objects.filter(
        champion=grant.champion_id, account=grant.account_id, use=grant.use, state__in=GIVEN
    ).exclude(pk=grant.pk)
    said = _scope_of(grant)
    same = rows.filter(**{name: getattr(grant, name) for name in scope}).order_by("-decided_at", "-pk")
    return [row for row in same if _scope_of(row) == said]


def _scope_of(grant: Grant) -> tuple[frozenset[int], frozenset[int]]:
    parties = grant.parties.filter(role=GrantPartyRole.PROSPECT)
    return frozenset(grant.products.values_list("pk", flat=True)), frozenset(parties.values_list("account", flat=True))


@transaction.atomic
def refuse_grant(*, grant: Grant, by: AskActor, at: dt.datetime, reason: str) -> Grant:
    """The grantor says no. Raises `GrantNotInState`, `NotAllowed`."""
    return _move(lock_grant(grant), "refuse", "refused", by=by, at=at, reason=reason, decided_at=at)


@transaction.atomic
def withdraw_grant(*, grant: Grant, by: AskActor, at: dt.datetime, reason: str = "") -> Grant:
    """The grantor takes it back: asks that stood on it end, every place it is used gets a takedown, at once."""
    grant = lock_grant(grant)
    grant = _move(grant, "withdraw", "withdrawn", by=by, at=at, reason=reason, ended_at=at)
    _let_go(grant, GrantEnd.WITHDRAWN, at)
    return grant


@transaction.atomic
def expire_grant(*, grant: Grant, at: dt.datetime, cause: str = GrantEnd.EXPIRED) -> Grant:
    """Its term is over, or what it hung on is. Raises `GrantNotInState`."""
    grant = _move(lock_grant(grant), "expire", "expired", by=None, at=at, reason=cause, ended_at=at)
    _let_go(grant, GrantEnd(cause), at)
    return grant


# --- What every move does ---------------------------------------------------------------------------------------
def _move(
    grant: Grant,
    event: str,
    told: str = "",
    *,
    by: AskActor,
    at: dt.datetime,
    reason: str = "",
    target: str = "",
    **columns: Any,
) -> Grant:
    row = move_of(event, grant.state)
    if row is None:
        raise GrantNotInState(event, grant.state)
    _check_part(event, grant, by, row)
    before = grant.state
    for name, value in (columns | {"state": target or row.target}).items():
        setattr(grant, name, value)
    grant.save(update_fields=[*columns, "state"])
    _remember(grant, event, before, by, at, reason)
    if told:
        tell_grant(f"grant.{told}", grant)
    return grant


def _check_part(event: str, grant: Grant, by: AskActor, row: GrantMove | None = None) -> None:
    row = row or move_of(event, NEW)
    part = part_of(by, grant)
    if row is None or part not in row.who:
        raise NotAllowed("Grants are kept by customer marketers, those of companies also by legal.")


def part_of(actor: AskActor, grant: Grant) -> GrantPart | None:
    """What an actor is to a grant; None: nothing. CSMs propose and record for persons in their care."""
    if actor is None:
        return GrantPart.SYSTEM
    if isinstance(actor, Advocate):
        return GrantPart.GRANTOR
    if isinstance(actor, ApiPrincipal):
        return GrantPart.STAFF if actor.has_scope("grants:write") else None
    is_company = grant.grantor == Grantor.COMPANY
    if actor.has_role(Role.MARKETER) or (is_company and actor.has_role(Role.LEGAL)):
        return GrantPart.STAFF
    in_care = not is_company and actor.has_role(Role.CSM) and grant.champion is not None
    return GrantPart.STAFF if in_care and grant.champion and cares_for(actor, grant.champion.account) else None


def _remember(grant: Grant, event: str, before: str, by: AskActor, at: dt.datetime, reason: str = "") -> None:
    last = grant.events.aggregate(last=Max("sequence"))["last"] or 0
    GrantEvent.objects.create(
        grant=grant,
        sequence=last + 1,
        event=event,
        from_state=before,
        to_state=grant.state,
        actor=name_of_asker(by),
        at=at,
        reason=reason,
        fields_sha256=fingerprint(grant),
    )


def _let_go(grant: Grant, cause: GrantEnd, at: dt.datetime) -> None:
    """Asks that no longer have their keys end, and every live place of use gets a takedown."""
    _end_asks(grant, at)
    open_takedowns(grant, cause, at)


def _end_asks(grant: Grant, at: dt.datetime) -> None:
    mine: Mapping[str, Any] = {"champion": grant.champion} if grant.champion_id else {"account": grant.account}
    day = at.astimezone(dt.UTC).date()
    open_asks = Ask.objects.filter(**mine, use=grant.use, state__in=[AskState.RESERVED, AskState.SENT]).order_by("pk")
    for ask in open_asks.exclude(champion=None).select_related("prospect"):
        plan = Plan(**ask.scope)
        served = prospect_of(ask.prospect) if ask.prospect else None
        covered = coverage_of([ask.champion_id or 0], use=ask.use, on=day, plan=plan, prospect=served)
        missing = covered[ask.champion_id or 0].missing
        if grant.grantor in missing:
            withdraw_ask(ask=ask, by=None, at=at, reason=AskEnd.GRANT_ENDED)


def tell_grant(type: str, grant: Grant) -> None:
    """One event of a grant: ids and codes only."""
    emit(type, object_type="grant", object_id=grant.public_id, changed_fields=["state"], refs=refs_of(grant))
