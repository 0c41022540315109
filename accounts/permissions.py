"""What may be done on the accounts floor, and the sentence a person reads when it may not. `security` section 2.2.

A pair of role and act that the matrix does not name is refused. CRM-owned fields are edited by nobody but a client.
"""

from __future__ import annotations

from typing import Any, Final

from accounts.choices import Role
from accounts.principals import ApiPrincipal, has_role, has_scope, reading_scope
from clg.permissions import ALLOWED, Refused, Verdict

READERS: Final = (Role.ADMINISTRATOR, Role.MARKETER, Role.SALES, Role.CSM, Role.LEADER, Role.AUDITOR)
# Classes F1 and F2 of persons: who sees them of everybody; a CSM sees those of their own accounts.
KNOWS_ALL: Final = (Role.ADMINISTRATOR, Role.MARKETER)


def may_see_accounts(principal: Any) -> Verdict:
    return _reader(principal, "accounts", "Your roles do not include reading accounts.")


def may_see_contacts(principal: Any) -> Verdict:
    return _reader(principal, "contacts", "Your roles do not include reading contacts.")


def may_see_opportunities(principal: Any) -> Verdict:
    return _reader(principal, "opportunities", "Your roles do not include reading opportunities.")


def may_see_signals(principal: Any) -> Verdict:
    return _reader(principal, "signals", "Your roles do not include reading signals.")


def may_see_contact_details(principal: Any, contact: Any = None) -> Verdict:
    """Email and phone of a contact (class F2)."""
    if _knows(principal, contact):
        return ALLOWED
    return Refused("contact_details_hidden", "Contact details are shown to marketers and to the CSM of the account.")


def may_see_person(principal: Any, contact: Any = None) -> Verdict:
    """Name and title of a contact (class F1): sellers hear them stage by stage of a request, leaders and auditors
    see companies, not persons. For many rows at once: `accounts.querysets.sight.known_person_q`."""
    if _knows(principal, contact):
        return ALLOWED
    return Refused("person_hidden", "Who the contact is, marketers and the CSM of the account know.")


def may_work_with_people(principal: Any) -> Verdict:
    """The screen of contacts, which holds nothing but persons: whoever knows at least some of them."""
    if has_role(principal, *KNOWS_ALL, Role.CSM):
        return ALLOWED
    return Refused("people_hidden", "Contacts are shown to marketers and to the CSMs of their accounts.")


def may_search_contact_details(principal: Any) -> Verdict:
    """Look contacts up by address: only for who sees the details of every contact in their sight."""
    if has_role(principal, Role.CSM) and not has_role(principal, Role.SALES, Role.LEADER, Role.AUDITOR):
        return ALLOWED
    return may_see_contact_details(principal)


def _knows(principal: Any, contact: Any) -> bool:
    """Whether a contact is no secret to the principal: of everybody, or of the accounts in their care."""
    if has_role(principal, *KNOWS_ALL) or has_scope(principal, "contacts:read"):
        return True
    return has_role(principal, Role.CSM) and contact is not None and cares_for(principal, contact.account)


def may_edit_account(principal: Any, account: Any = None) -> Verdict:
    """Change the fields of an account that are ours; those of the CRM are changed there."""
    return _marketer_or_csm(principal, account, "edit this account")


def may_create_contact(principal: Any, account: Any = None) -> Verdict:
    return _marketer_or_csm(principal, account, "add contacts here")


def may_edit_contact(principal: Any, contact: Any = None) -> Verdict:
    return _marketer_or_csm(principal, contact.account if contact else None, "edit this contact")


def may_edit_opportunity(principal: Any, opportunity: Any = None) -> Verdict:
    return _marketer_or_csm(principal, opportunity.account if opportunity else None, "edit this opportunity")


def may_export_accounts(principal: Any) -> Verdict:
    """Take accounts, contacts and opportunities out as a file."""
    return _role(principal, "Exports are for administrators and marketers.", Role.ADMINISTRATOR, Role.MARKETER)


def may_send_imports(principal: Any) -> Verdict:
    """Run import jobs through the API, as their source; people import in the admin."""
    if not isinstance(principal, ApiPrincipal):
        return Refused("client_required", "Only an API client, which acts for a source, may run imports here.")
    return may_import(principal)


def may_import(principal: Any) -> Verdict:
    """Bring files in, and see their rows."""
    if has_scope(principal, "imports:write"):
        return ALLOWED
    return _role(principal, "Imports are for administrators and marketers.", Role.ADMINISTRATOR, Role.MARKETER)


def may_see_imports(principal: Any) -> Verdict:
    """Jobs, their numbers and their presets; the rows themselves are for who may import."""
    if has_scope(principal, "imports:write") or has_role(principal, Role.AUDITOR):
        return ALLOWED
    return _role(
        principal, "Imports are shown to administrators, marketers and auditors.", Role.ADMINISTRATOR, Role.MARKETER
    )


def may_push(principal: Any, noun: str) -> Verdict:
    """Write accounts, contacts or opportunities as their source; only a client has one."""
    if not isinstance(principal, ApiPrincipal):
        return Refused("client_required", "Only an API client, which acts for a source, may write CRM data.")
    if has_scope(principal, f"{noun}:write"):
        return ALLOWED
    return Refused("missing_scope", f"This needs the scope {noun}:write.")


def may_see_source_status(principal: Any) -> Verdict:
    """The standing of the caller's own source; people read it on the pages of sources."""
    if not isinstance(principal, ApiPrincipal):
        return Refused("client_required", "Only an API client, which acts for a source, may ask for its status.")
    if has_scope(principal, "source:read"):
        return ALLOWED
    return Refused("missing_scope", "This needs the scope source:read.")


def may_merge(principal: Any) -> Verdict:
    """Merge rows that are one, and undo merges."""
    return _role(principal, "Merges are for administrators and marketers.", Role.ADMINISTRATOR, Role.MARKETER)


def may_see_sources(principal: Any) -> Verdict:
    return _role(
        principal,
        "Sources and clients are shown to administrators, marketers and auditors.",
        Role.ADMINISTRATOR,
        Role.MARKETER,
        Role.AUDITOR,
    )


def may_manage_sources(principal: Any) -> Verdict:
    """Create and change sources and API clients: a right that gives rights."""
    return _role(principal, "Sources and clients are managed by administrators.", Role.ADMINISTRATOR)


def may_follow_changes(principal: Any) -> Verdict:
    """Read the change feed, within the kinds of events that the principal may read."""
    if has_scope(principal, "changes:read"):
        return ALLOWED
    return _role(
        principal,
        "The change feed is shown to administrators, marketers and auditors.",
        Role.ADMINISTRATOR,
        Role.MARKETER,
        Role.AUDITOR,
    )


def may_see_outbox(principal: Any) -> Verdict:
    """Events, their consumers and what these could not handle."""
    return _role(
        principal,
        "The outbox is shown to administrators, marketers and auditors.",
        Role.ADMINISTRATOR,
        Role.MARKETER,
        Role.AUDITOR,
    )


def may_settle_failures(principal: Any) -> Verdict:
    """Have an event tried again, or let it go."""
    return _role(principal, "Failures are settled by administrators.", Role.ADMINISTRATOR)


def may_see_webhooks(principal: Any) -> Verdict:
    """Look at endpoints and their deliveries; a client at its own."""
    return ALLOWED if has_scope(principal, "webhooks:manage") else may_see_sources(principal)


def may_manage_webhooks(principal: Any) -> Verdict:
    """Register endpoints, and hear what becomes of them."""
    if has_scope(principal, "webhooks:manage"):
        return ALLOWED
    return _role(principal, "Webhook endpoints are managed by administrators.", Role.ADMINISTRATOR)


def may_see_users(principal: Any) -> Verdict:
    return _role(principal, "Users are shown to administrators and auditors.", Role.ADMINISTRATOR, Role.AUDITOR)


def may_manage_users(principal: Any) -> Verdict:
    return _role(principal, "Users are managed by administrators.", Role.ADMINISTRATOR)


def may_see_history(principal: Any) -> Verdict:
    """The audit history of a row that the principal sees anyway."""
    return _role(
        principal,
        "The history is shown to administrators, marketers and auditors.",
        Role.ADMINISTRATOR,
        Role.MARKETER,
        Role.AUDITOR,
    )


def may_see_security_log(principal: Any) -> Verdict:
    return _role(
        principal,
        "The security log is shown to administrators and auditors.",
        Role.ADMINISTRATOR,
        Role.AUDITOR,
    )


def may_see_reference_data(principal: Any) -> Verdict:
    """Products, teams and exchange rates."""
    return _role(principal, "This needs a role; ask an administrator for one.", *Role)


def may_record_rates(principal: Any) -> Verdict:
    return _role(
        principal,
        "Exchange rates are recorded by administrators, finance and revenue operations.",
        Role.ADMINISTRATOR,
        Role.FINANCE,
        Role.REVOPS,
    )


def cares_for(user: Any, account: Any) -> bool:
    """Whether the user is owner or CSM of the account."""
    return account is not None and user.pk in (account.owner_id, account.csm_id)


def _reader(principal: Any, noun: str, sentence: str) -> Verdict:
    if isinstance(principal, ApiPrincipal):
        if has_scope(principal, reading_scope(noun)):
            return ALLOWED
        return Refused("missing_scope", f"This needs the scope {reading_scope(noun)}.")
    return _role(principal, sentence, *READERS)


def _role(principal: Any, sentence: str, *roles: Role) -> Verdict:
    return ALLOWED if has_role(principal, *roles) else Refused("permission_denied", sentence)


def _marketer_or_csm(principal: Any, account: Any, act: str) -> Verdict:
    if has_role(principal, Role.MARKETER):
        return ALLOWED
    if has_role(principal, Role.CSM) and (account is None or cares_for(principal, account)):
        return ALLOWED
    return Refused("permission_denied", f"Only marketers and the CSM of the account may {act}.")
