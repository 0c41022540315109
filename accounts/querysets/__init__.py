"""Reading the accounts floor: every read that faces a person begins with `visible_to(principal)`."""

from accounts.querysets.account import AccountQuerySet
from accounts.querysets.contact import ContactQuerySet
from accounts.querysets.imports import ImportJobQuerySet, ImportPresetQuerySet
from accounts.querysets.merge import MergeQuerySet
from accounts.querysets.opportunity import OpportunityQuerySet
from accounts.querysets.received import ReceivedHourQuerySet, UnmappedStageQuerySet
from accounts.querysets.reference import ReferenceQuerySet
from accounts.querysets.signal import SignalQuerySet
from accounts.querysets.source import IdentityQuerySet, SourceQuerySet
from accounts.querysets.user import UserQuerySet

__all__ = [
    "AccountQuerySet",
    "ContactQuerySet",
    "IdentityQuerySet",
    "MergeQuerySet",
    "ImportJobQuerySet",
    "ImportPresetQuerySet",
    "OpportunityQuerySet",
    "ReceivedHourQuerySet",
    "ReferenceQuerySet",
    "SignalQuerySet",
    "SourceQuerySet",
    "UnmappedStageQuerySet",
    "UserQuerySet",
]
