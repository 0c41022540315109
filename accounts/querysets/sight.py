"""Whose rows a person sees. `security` section 2.1.

Administrators, marketers, leaders and auditors see all; sales what belongs to them, to their team or to all
(setting SALES_SEES); a CSM the accounts where they are owner or CSM; everybody else nothing. Rights add up.
A client sees all objects of the kinds its scopes name.
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.db.models import BigIntegerField, Case, F, Q, When

from accounts.choices import Role
from accounts.principals import ApiPrincipal, has_role, has_scope, reading_scope

SEES_ALL: Final = (Role.ADMINISTRATOR, Role.MARKETER, Role.LEADER, Role.AUDITOR)
# Django turns these into all rows and into no row without asking the database. An empty Q would vanish beside an OR.
EVERYTHING: Final = ~Q(pk__in=[])
NOTHING: Final = Q(pk__in=[])


def account_q(principal: Any, *, noun: str = "accounts", prefix: str = "") -> Q:
    """The accounts a principal sees; `prefix` leads from another table to the account (`account__`)."""
    if isinstance(principal, ApiPrincipal):
        return client_q(principal, noun)
    if has_role(principal, *SEES_ALL):
        return EVERYTHING
    seen = NOTHING
    if has_role(principal, Role.SALES):
        seen = seen | owned_q(principal, prefix=prefix)
    if has_role(principal, Role.CSM):
        seen = seen | cared_for_q(principal, prefix=prefix)
    return seen


def opportunity_q(principal: Any, *, prefix: str = "") -> Q:
    """The deals a principal sees: sales by the owner of the deal, a CSM by their accounts."""
    if isinstance(principal, ApiPrincipal):
        return client_q(principal, "opportunities")
    if has_role(principal, *SEES_ALL):
        return EVERYTHING
    seen = NOTHING
    if has_role(principal, Role.SALES):
        seen = seen | owned_q(principal, prefix=prefix)
    if has_role(principal, Role.CSM):
        seen = seen | cared_for_q(principal, prefix=f"{prefix}account__")
    return seen


def owned_q(user: Any, *, prefix: str = "") -> Q:
    """Rows owned by the user, the user's team or anybody, as SALES_SEES says."""
    if settings.SALES_SEES == "all":
        return EVERYTHING
    own = Q(**{f"{prefix}owner": user})
    if settings.SALES_SEES == "team" and user.team_id is not None:
        return own | Q(**{f"{prefix}owner__team": user.team_id})
    return own


def cared_for_q(user: Any, *, prefix: str = "") -> Q:
    """Accounts where the user is owner or CSM."""
    return Q(**{f"{prefix}owner": user}) | Q(**{f"{prefix}csm": user})


def known_person_q(user: Any, *, prefix: str = "") -> Q:
    """Contacts whom a person knows by name, `prefix` leads to the contact; one row: `permissions.may_see_person`."""
    if has_role(user, Role.ADMINISTRATOR, Role.MARKETER):
        return EVERYTHING
    return cared_for_q(user, prefix=f"{prefix}account__") if has_role(user, Role.CSM) else NOTHING


def known_contact(reader: Any) -> Case:
    """The key of the person that a row's `contact` names, NULL for none and for one whom the reader does not know."""
    return Case(When(known_person_q(reader, prefix="contact__"), then=F("contact")), output_field=BigIntegerField())


def client_q(principal: ApiPrincipal, noun: str) -> Q:
    return EVERYTHING if has_scope(principal, reading_scope(noun)) else NOTHING
