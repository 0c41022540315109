"""Words and fixed tables of the accounts floor: roles, lifecycles, deal kinds and the registry of signals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import models


class Role(models.TextChoices):
    """The roles of a user: names of Django groups, made by migration. Rights add up."""

    ADMINISTRATOR = "administrator", "Administrator"
    MARKETER = "marketer", "Customer marketer"
    SALES = "sales", "Sales"
    CSM = "csm", "Customer success manager"
    LEADER = "leader", "Leader"
    AUDITOR = "auditor", "Auditor"
    LEGAL = "legal", "Legal"
    FINANCE = "finance", "Finance"
    REVOPS = "revops", "Revenue operations"


class Lifecycle(models.TextChoices):
    PROSPECT = "prospect", "Prospect"
    CUSTOMER = "customer", "Customer"
    FORMER_CUSTOMER = "former_customer", "Former customer"


class Seniority(models.TextChoices):
    EXECUTIVE = "executive", "Executive"
    VICE_PRESIDENT = "vice_president", "Vice president"
    DIRECTOR = "director", "Director"
    MANAGER = "manager", "Manager"
    STAFF = "staff", "Staff"
    UNKNOWN = "unknown", "Unknown"


class OpportunityKind(models.TextChoices):
    NEW_BUSINESS = "new_business", "New business"
    EXPANSION = "expansion", "Expansion"
    RENEWAL = "renewal", "Renewal"


class Outcome(models.TextChoices):
    OPEN = "open", "Open"
    WON = "won", "Won"
    LOST = "lost", "Lost"


class SourceKind(models.TextChoices):
    SALESFORCE = "salesforce", "Salesforce"
    HUBSPOT = "hubspot", "HubSpot"
    OTHER = "other", "Other"


class SourceOrdering(models.TextChoices):
    """The one clock by which a source orders its writes."""

    UPDATED_AT = "updated_at", "Moment of change"
    VERSION = "version", "Version number"


class IdentityState(models.TextChoices):
    ACTIVE = "active", "Active"
    DELETED = "deleted", "Deleted"
    MERGED = "merged", "Merged"
    SUPPRESSED = "suppressed", "Suppressed"


class ObjectType(models.TextChoices):
    ACCOUNT = "account", "Account"
    CONTACT = "contact", "Contact"
    OPPORTUNITY = "opportunity", "Opportunity"


class BatchStatus(models.IntegerChoices):
    """What a batch with a refused item answers: some tools take 207 for a failure."""

    MULTI = 207, "207 Multi-Status"
    OK = 200, "200 OK"


class ImportState(models.TextChoices):
    """Of an import job. A running one may wait for others of its source and object."""

    OPEN = "open", "Open"
    UPLOADED = "uploaded", "Uploaded"
    RUNNING = "running", "Running"
    COMPLETE = "complete", "Complete"
    FAILED = "failed", "Failed"
    ABORTED = "aborted", "Aborted"


class ImportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    NDJSON = "ndjson", "ndjson"


class ImportOperation(models.TextChoices):
    UPSERT = "upsert", "Create and update"
    UPDATE_ONLY = "update_only", "Update only"
    DELETE = "delete", "Delete"
    RESTORE = "restore", "Restore"


@dataclass(frozen=True)
class SignalKind:
    """One kind of signal: what it is about and how its raw value is read.

    `low` and `high` bound the raw value; `is_whole` demands whole numbers; `derived` kinds are computed, never pushed;
    `gate_only` kinds have no weight in a score. The function from raw to value (0.00-100.00) stands in
    `accounts/signals.py`, half-lives and weights in the readiness weight sets above.
    """

    code: str
    label: str
    about: str  # "contact" or "account"
    unit: str
    low: Decimal
    high: Decimal
    is_whole: bool = False
    derived: bool = False
    gate_only: bool = False


def _kind(code: str, label: str, about: str, unit: str, low: str, high: str, **flags: bool) -> SignalKind:
    return SignalKind(code, label, about, unit, Decimal(low), Decimal(high), **flags)


# The one registry (readiness 2); order is that of the table there, heaviest first.
SIGNAL_KINDS: Final[dict[str, SignalKind]] = {
    kind.code: kind
    for kind in (
        _kind("relationship", "Relationship", "contact", "grade by CSM or AE, 1-5", "1", "5"),
        _kind("nps", "NPS", "contact", "answer, 0-10", "0", "10", is_whole=True),
        _kind("health", "Health score", "account", "score of the success platform, 0-100", "0", "100"),
        _kind("success_plan", "Success plan", "account", "% of agreed outcomes confirmed", "0", "100"),
        _kind("usage", "Usage", "account", "% of paid seats active in 28 days", "0", "200"),
        _kind("adoption", "Adoption", "account", "% of core features used in 28 days", "0", "100"),
        _kind("sentiment", "Sentiment", "contact", "mean tone of conversations, -1 to 1", "-1", "1"),
        _kind("support", "Support load", "account", "open load 6 P1 + 3 P2 + 1 P3", "0", "1000"),
        _kind("executive_review", "Executive review", "account", "grade of the last review, 1-5", "1", "5"),
        _kind("usage_trend", "Usage trend", "account", "% change of active users in 28 days", "-100", "1000"),
        _kind("csat", "CSAT", "contact", "answer, 1-5", "1", "5"),
        _kind("tenure", "Tenure", "account", "whole months as a customer", "0", "1200", derived=True),
        _kind("community", "Community", "contact", "helpful acts in 90 days", "0", "1000"),
        _kind("escalation", "Escalation", "account", "open P1/P2 tickets", "0", "1000", gate_only=True),
        _kind("risk", "Risk", "account", "0 none, 1 watch, 2 at risk", "0", "2", is_whole=True, gate_only=True),
    )
}
SIGNAL_KIND_CHOICES: Final = [(kind.code, kind.label) for kind in SIGNAL_KINDS.values()]

# Signals older than this, or further ahead of our clock, are refused.
SIGNAL_OLDEST_ON = "2000-01-01"
CLOCK_TOLERANCE_MINUTES: Final = 10
