"""Whose rows of the advocacy floor a principal sees. `security` section 2.1.

Administrators, marketers, leaders and auditors all; a client all of what its scope names, else nothing; sales and CSMs
what hangs on the accounts or deals they see.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import Account, Opportunity
from accounts.principals import ApiPrincipal, has_scope
from accounts.querysets.sight import EVERYTHING, NOTHING
from advocacy.permissions import sees_everything


def champion_q(principal: Any, *, prefix: str = "") -> Q:
    """Champions and their scores; `prefix` leads from another table to the champion (`champion__`)."""
    settled = _settled(principal, "champions:read")
    return _account_q(principal, prefix) if settled is None else settled


def activity_q(principal: Any, *, prefix: str = "") -> Q:
    """Acts of champions, by the account they were done for."""
    settled = _settled(principal, "activities:read", "activities:write")
    return _account_q(principal, prefix) if settled is None else settled


def deal_q(principal: Any, *, prefix: str = "") -> Q:
    """Touches and credit, by their deal; `prefix` leads to the row with the deal (`credit_set__`)."""
    settled = _settled(principal, "attribution:read")
    if settled is not None:
        return settled
    return Q(**{f"{prefix}opportunity__in": Opportunity.objects.visible_to(principal)})


def deals_of(principal: Any) -> Any:
    """The deals whose credit a principal sees: a client with the scope all, people those in their sight."""
    if isinstance(principal, ApiPrincipal):
        return Opportunity.objects.filter(EVERYTHING if has_scope(principal, "attribution:read") else NOTHING)
    return Opportunity.objects.visible_to(principal)


def _account_q(principal: Any, prefix: str) -> Q:
    return Q(**{f"{prefix}account__in": Account.objects.visible_to(principal)})


def _settled(principal: Any, *scopes: str) -> Q | None:
    """All or nothing where that is settled without looking at rows; None where the rows decide."""
    if sees_everything(principal) or has_scope(principal, *scopes):
        return EVERYTHING
    return NOTHING if isinstance(principal, ApiPrincipal) else None
