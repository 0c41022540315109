"""Tables of the accounts floor."""

from accounts.models.account import Account, Contact, SyncedModel
from accounts.models.duplicates import ToldApart
from accounts.models.imports import ImportChunk, ImportJob, ImportPreset
from accounts.models.opportunity import Opportunity, OpportunityContact, OpportunityStage, Product
from accounts.models.rate import ExchangeRate
from accounts.models.received import ReceivedHour, UnmappedStage
from accounts.models.signal import Signal, SignalKey
from accounts.models.staging import StagedAccount, StagedContact, StagedOpportunity
from accounts.models.sync import ApiClient, CrmSource, ExternalIdentity, MergeEvent, SyncConflict
from accounts.models.user import Team, User

__all__ = [
    "Account",
    "ApiClient",
    "Contact",
    "CrmSource",
    "ExchangeRate",
    "ExternalIdentity",
    "MergeEvent",
    "ImportChunk",
    "ImportJob",
    "ImportPreset",
    "Opportunity",
    "OpportunityContact",
    "OpportunityStage",
    "Product",
    "ReceivedHour",
    "Signal",
    "SignalKey",
    "StagedAccount",
    "StagedContact",
    "StagedOpportunity",
    "SyncConflict",
    "SyncedModel",
    "Team",
    "ToldApart",
    "UnmappedStage",
    "User",
]
