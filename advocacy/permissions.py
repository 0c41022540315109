"""May this person do this on the advocacy floor. `security` section 2.2; rows are cut by `visible_to` besides."""

from __future__ import annotations

from typing import Any, Final

from accounts.choices import Role
from accounts.principals import has_role, has_scope
from clg.permissions import ALLOWED, Refused, Verdict

SEES_ALL: Final = (Role.ADMINISTRATOR, Role.MARKETER, Role.LEADER, Role.AUDITOR)


def sees_everything(principal: Any) -> bool:
    """Whether the principal's sight has no row limit."""
    return has_role(principal, *SEES_ALL)


def may_see_pool(principal: Any) -> Verdict:
    """The pool of champions; sales see them only inside a request, without names."""
    if has_role(principal, *SEES_ALL, Role.CSM) or has_scope(principal, "champions:read"):
        return ALLOWED
    return Refused("pool_hidden", "The pool is shown to marketers, leaders, auditors and CSMs of the accounts.")


def may_see_people(principal: Any) -> Verdict:
    """Names, words and contact details of champions: leaders and auditors see companies, not persons."""
    if has_role(principal, Role.ADMINISTRATOR, Role.MARKETER, Role.CSM):
        return ALLOWED
    return Refused("person_hidden", "Who the champion is, marketers and the CSM of the account know.")


def may_run_pool(principal: Any) -> Verdict:
    """Move standings and edit preferences."""
    if has_role(principal, Role.MARKETER):
        return ALLOWED
    return Refused("permission_denied", "The pool is run by customer marketers.")


def may_export_pool(principal: Any) -> Verdict:
    """Take the list of champions away as a file."""
    if has_role(principal, Role.MARKETER):
        return ALLOWED
    return Refused("permission_denied", "The pool is exported by customer marketers.")


def may_confirm(principal: Any) -> Verdict:
    """Say that what we know of a champion in one's sight is still right."""
    if has_role(principal, Role.MARKETER, Role.CSM):
        return ALLOWED
    return Refused("permission_denied", "Marketers and the CSM of the account confirm.")


def may_see_attribution(principal: Any) -> Verdict:
    """Activities, touches, credit, runs and models, within the rows of one's sight."""
    if has_role(principal, *SEES_ALL, Role.CSM, Role.SALES) or has_scope(principal, "attribution:read"):
        return ALLOWED
    return Refused("permission_denied", "Your roles do not include reading attribution.")


def may_see_activities(principal: Any) -> Verdict:
    """Activities and encounters, within the rows of one's sight."""
    if has_role(principal, *SEES_ALL, Role.CSM, Role.SALES) or has_scope(principal, "activities:read"):
        return ALLOWED
    return Refused("permission_denied", "Your roles do not include reading activities.")


def may_export_attribution(principal: Any) -> Verdict:
    """Take touches away as a file, as far as one sees them."""
    if has_role(principal, Role.MARKETER, Role.LEADER, Role.AUDITOR):
        return ALLOWED
    return Refused("permission_denied", "Attribution is exported by marketers, leaders and auditors.")


def may_run_attribution(principal: Any) -> Verdict:
    """Name a touch, withdraw an act, change models."""
    if has_role(principal, Role.MARKETER):
        return ALLOWED
    return Refused("permission_denied", "Attribution is run by customer marketers.")


def may_see_weights(principal: Any) -> Verdict:
    if has_role(principal, *SEES_ALL):
        return ALLOWED
    return Refused("permission_denied", "Weight sets are shown to marketers, leaders and auditors.")
