"""Screens of the accounts floor: customers, integrations, people."""

from accounts.admin import import_page as import_page
from accounts.admin import pages as pages
from accounts.admin import source_page as source_page
from accounts.admin.account import AccountAdmin, ContactAdmin
from accounts.admin.client import ApiClientAdmin
from accounts.admin.delivery import WebhookDeliveryAdmin
from accounts.admin.facts import ExchangeRateAdmin, ProductAdmin, SignalAdmin
from accounts.admin.imports import ImportJobAdmin, ImportPresetAdmin
from accounts.admin.merge import MergeEventAdmin
from accounts.admin.opportunity import OpportunityAdmin
from accounts.admin.outbox import ConsumerFailureAdmin, FeedConsumerAdmin, OutboxEventAdmin
from accounts.admin.source import CrmSourceAdmin, ExternalIdentityAdmin, SyncConflictAdmin
from accounts.admin.user import SecurityLogAdmin, TeamAdmin, UserAdmin
from accounts.admin.webhook import WebhookEndpointAdmin

__all__ = [
    "AccountAdmin",
    "ApiClientAdmin",
    "ConsumerFailureAdmin",
    "ContactAdmin",
    "CrmSourceAdmin",
    "ExchangeRateAdmin",
    "ExternalIdentityAdmin",
    "FeedConsumerAdmin",
    "MergeEventAdmin",
    "ImportJobAdmin",
    "ImportPresetAdmin",
    "OpportunityAdmin",
    "OutboxEventAdmin",
    "ProductAdmin",
    "SecurityLogAdmin",
    "SignalAdmin",
    "SyncConflictAdmin",
    "TeamAdmin",
    "UserAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]
