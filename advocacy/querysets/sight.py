"""Whose rows of the advocacy floor a principal sees. `security` section 2.1.

Administrators, marketers, leaders and auditors all; a client all of what its scope names, else nothing. A CSM sees the
champions of the accounts in care; sellers have no pool. Acts, encounters, touches and credit are seen with the deals
they met (`attribution` 7), by CSMs also with their own customers' acts.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.choices import Role
from accounts.models import Opportunity
from accounts.principals import ApiPrincipal, has_role, has_scope
from accounts.querysets.sight import EVERYTHING, NOTHING, cared_for_q
from advocacy.permissions import knows_everybody, sees_everything
from advocacy.querysets.sibling import rows_of


def champion_q(principal: Any, *, prefix: str = "") -> Q:
    """Champions and their scores; `prefix` leads from another table to the champion (`champion__`)."""
    settled = _settled(principal, "champions:read")
    return _in_care_q(principal, f"{prefix}account__") if settled is None else settled


def known_champion_q(principal: Any, *, prefix: str = "") -> Q:
    """Champions whom a person knows by name; the same rule, for one row, is `may_know_champion`."""
    return EVERYTHING if knows_everybody(principal) else _in_care_q(principal, f"{prefix}account__")


def activity_q(principal: Any) -> Q:
    """Acts of champions: those that met a deal in sight, and for a CSM those of the accounts in care."""
    settled = _settled(principal, "activities:read")
    if settled is not None:
        return settled
    return Q(pk__in=_touched_in_sight(principal).values("activity")) | _in_care_q(principal, "account__")


def encounter_q(principal: Any) -> Q:
    """Encounters that met a deal in sight, and for a CSM those of their own customers' acts.

    An act in sight may have met buyers of others: their encounters stay theirs.
    """
    settled = _settled(principal, "activities:read")
    if settled is not None:
        return settled
    named = Q(opportunity__in=_deals_in_sight(principal))
    met = Q(pk__in=_touched_in_sight(principal).values("encounter"))
    return named | met | _in_care_q(principal, "activity__account__")


def ask_q(principal: Any, *, prefix: str = "") -> Q:
    """Asks: a seller's own team's by the deal or the asker, a CSM's by the account in care; leaders none.

    `prefix` leads from another table to the ask (`ask__`).
    """
    if has_role(principal, Role.ADMINISTRATOR, Role.MARKETER, Role.AUDITOR) or has_scope(principal, "asks:read"):
        return EVERYTHING
    if isinstance(principal, ApiPrincipal):
        return NOTHING
    seen = _in_care_q(principal, f"{prefix}account__")
    if has_role(principal, Role.SALES):
        seen |= Q(**{f"{prefix}asked_by": principal}) | Q(**{f"{prefix}opportunity__in": _deals_in_sight(principal)})
    return seen


def grant_q(principal: Any, *, prefix: str = "") -> Q:
    """Grants of persons and companies; those of companies also by legal. `prefix` leads to the grant (`grant__`)."""
    if sees_everything(principal) or has_scope(principal, "grants:read"):
        return EVERYTHING
    if isinstance(principal, ApiPrincipal):
        return NOTHING
    seen = _in_care_q(principal, f"{prefix}champion__account__") | _in_care_q(principal, f"{prefix}account__")
    return seen | Q(**{f"{prefix}grantor": "company"}) if has_role(principal, Role.LEGAL) else seen


def deal_q(principal: Any, *, prefix: str = "") -> Q:
    """Touches and credit, by their deal; `prefix` leads to the row with the deal (`credit_set__`)."""
    settled = _settled(principal, "attribution:read")
    if settled is not None:
        return settled
    return Q(**{f"{prefix}opportunity__in": _deals_in_sight(principal)})


def deals_of(principal: Any) -> Any:
    """The deals whose credit a principal sees: a client with the scope all, people those in their sight."""
    if isinstance(principal, ApiPrincipal):
        return Opportunity.objects.filter(EVERYTHING if has_scope(principal, "attribution:read") else NOTHING)
    return Opportunity.objects.visible_to(principal)


def _in_care_q(principal: Any, prefix: str) -> Q:
    """Rows of the accounts that a CSM cares for; `prefix` leads to the account."""
    return cared_for_q(principal, prefix=prefix) if has_role(principal, Role.CSM) else NOTHING


def _deals_in_sight(principal: Any) -> Any:
    return Opportunity.objects.visible_to(principal)


def _touched_in_sight(principal: Any) -> Any:
    """Current touches of the deals in sight."""
    return rows_of("Touch").filter(superseded_at=None, opportunity__in=_deals_in_sight(principal)).order_by()


def _settled(principal: Any, *scopes: str) -> Q | None:
    """All or nothing where that is settled without looking at rows; None where the rows decide."""
    if sees_everything(principal) or has_scope(principal, *scopes):
        return EVERYTHING
    return NOTHING if isinstance(principal, ApiPrincipal) else None
