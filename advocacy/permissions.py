"""May this person do this on the advocacy floor. `security` section 2.2; rows are cut by `visible_to` besides."""

from __future__ import annotations

from typing import Any, Final

from accounts.choices import Role
from accounts.permissions import cares_for
from accounts.principals import has_role, has_scope
from clg.permissions import ALLOWED, Refused, Verdict

SEES_ALL: Final = (Role.ADMINISTRATOR, Role.MARKETER, Role.LEADER, Role.AUDITOR)
# Leaders and auditors see companies, not persons.
KNOWS_ALL: Final = (Role.ADMINISTRATOR, Role.MARKETER)
_HIDDEN: Final = Refused("person_hidden", "Who the champion is, marketers and the CSM of the account know.")


def sees_everything(principal: Any) -> bool:
    """Whether the principal's sight has no row limit."""
    return has_role(principal, *SEES_ALL)


def may_see_pool(principal: Any) -> Verdict:
    """The pool of champions; sales see them only inside a request, without names."""
    if has_role(principal, *SEES_ALL, Role.CSM) or has_scope(principal, "champions:read"):
        return ALLOWED
    return Refused("pool_hidden", "The pool is shown to marketers, leaders, auditors and CSMs of the accounts.")


def knows_everybody(principal: Any) -> bool:
    """Whether the principal knows every champion by name, wherever the champion stands."""
    return has_role(principal, *KNOWS_ALL)


def may_see_people(principal: Any) -> Verdict:
    """Whether there are champions that the principal knows by name; which ones says `may_know_champion`."""
    if has_role(principal, *KNOWS_ALL, Role.CSM):
        return ALLOWED
    return _HIDDEN


def may_know_champion(principal: Any, champion: Any) -> Verdict:
    """Name, words and contact details of one champion: marketers, and the CSM of the champion's account.

    Of a champion of somebody else's account a CSM knows as little as a seller. For many rows at once:
    `advocacy.querysets.sight.known_champion_q`.
    """
    if knows_everybody(principal):
        return ALLOWED
    if has_role(principal, Role.CSM) and cares_for(principal, champion.account):
        return ALLOWED
    return _HIDDEN


def may_know_company(principal: Any, champion: Any) -> Verdict:
    """The champion's company, and the champion by an id that says no name: leaders and auditors know that much."""
    if sees_everything(principal) or has_scope(principal, "champions:read"):
        return ALLOWED
    return may_know_champion(principal, champion)


def may_list_by_champion(principal: Any) -> Verdict:
    """Figures grouped by champion, over every champion there is."""
    if sees_everything(principal) or has_scope(principal, "champions:read"):
        return ALLOWED
    return Refused("pool_hidden", "Figures by champion are shown to those who see the whole pool.")


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


def may_see_rules(principal: Any) -> Verdict:
    """Uses, budgets, blackouts and limits of gifts."""
    if has_role(principal, *SEES_ALL, Role.CSM) or has_scope(principal, "champions:read", "asks:write"):
        return ALLOWED
    return Refused("permission_denied", "The rules of asking are shown to marketers, leaders, auditors and CSMs.")


def may_edit_rules(principal: Any) -> Verdict:
    """Say what uses cost, how much is asked of whom, and when nobody is asked."""
    if has_role(principal, Role.MARKETER):
        return ALLOWED
    return Refused("permission_denied", "The rules of asking are kept by customer marketers.")


def may_see_asks(principal: Any) -> Verdict:
    """Asks within the rows of one's sight."""
    if has_role(principal, Role.ADMINISTRATOR, Role.MARKETER, Role.AUDITOR, Role.CSM, Role.SALES):
        return ALLOWED
    if has_scope(principal, "asks:read", "asks:write"):
        return ALLOWED
    return Refused("permission_denied", "Your roles do not include reading asks.")


def may_see_grants(principal: Any) -> Verdict:
    """Grants within the rows of one's sight."""
    if has_role(principal, *SEES_ALL, Role.CSM, Role.LEGAL) or has_scope(principal, "grants:read"):
        return ALLOWED
    return Refused("permission_denied", "Your roles do not include reading grants.")


def may_ask(principal: Any) -> Verdict:
    """Put asks to champions in one's care; marketers to all."""
    if has_role(principal, Role.MARKETER, Role.CSM) or has_scope(principal, "asks:write"):
        return ALLOWED
    return Refused("permission_denied", "Marketers and the CSM of the account put asks to a champion.")


def may_log_asks(principal: Any) -> Verdict:
    """Write down asks that were made outside the system."""
    if has_role(principal, Role.MARKETER, Role.CSM, Role.SALES) or has_scope(principal, "asks:write"):
        return ALLOWED
    return Refused("permission_denied", "Marketers, CSMs and sellers log asks.")


def may_record_grants(principal: Any) -> Verdict:
    """Record what a person or a company allows, with proof."""
    if has_role(principal, Role.MARKETER) or has_scope(principal, "grants:write"):
        return ALLOWED
    return Refused("permission_denied", "Grants are kept by customer marketers.")
