"""Addresses of accounts, contacts and opportunities under `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from accounts.api.accounts import Accounts
from accounts.api.changes import Changes
from accounts.api.contacts import Contacts
from accounts.api.imports import ImportData, ImportJobs, ImportResults
from accounts.api.merge import MergeAccounts, MergeContacts, MergeDoor, MergeOpportunities
from accounts.api.opportunities import Opportunities
from accounts.api.push import PushAccounts, PushContacts, PushedDoor, PushOpportunities
from accounts.api.signals import PushSignals
from accounts.api.source_status import SourceStatusDoor
from accounts.api.webhooks import WebhookDeliveries, WebhookEndpoints
from clg.api.bulk import BulkDoor


def _addresses(noun: str, door: type[PushedDoor], push: type[BulkDoor], merge: type[MergeDoor]) -> list[URLPattern]:
    """A list, its count, many at once, merges, one row by the id of the caller's source and one by our id."""
    return [
        path(noun, door.as_view({"get": "page"}), name=f"{noun}-list"),
        path(f"{noun}/count", door.as_view({"get": "count"}), name=f"{noun}-count"),
        path(f"{noun}/bulk-upsert", push.as_view(), name=f"{noun}-bulk-upsert"),
        path(f"{noun}/merge", merge.as_view(), name=f"{noun}-merge"),
        path(
            f"{noun}/by-external-id/<path:external_id>",
            door.as_view({"get": "by_external_id", "patch": "push_one", "delete": "delete_one"}),
            name=f"{noun}-by-external-id",
        ),
        path(f"{noun}/<str:public_id>", door.as_view({"get": "retrieve"}), name=f"{noun}-detail"),
    ]


urlpatterns: list[URLPattern] = [
    *_addresses("accounts", Accounts, PushAccounts, MergeAccounts),
    *_addresses("contacts", Contacts, PushContacts, MergeContacts),
    *_addresses("opportunities", Opportunities, PushOpportunities, MergeOpportunities),
    path("signals/bulk-upsert", PushSignals.as_view(), name="signals-bulk-upsert"),
    path("changes", Changes.as_view(), name="changes"),
    path("source-status", SourceStatusDoor.as_view(), name="source-status"),
    path("import-jobs", ImportJobs.as_view({"get": "page", "post": "create"}), name="import-jobs"),
    path("import-jobs/count", ImportJobs.as_view({"get": "count"}), name="import-jobs-count"),
    path("import-jobs/<str:public_id>", ImportJobs.as_view({"get": "retrieve"}), name="import-job"),
    path("import-jobs/<str:public_id>/data", ImportData.as_view({"put": "upload"}), name="import-job-data"),
    path("import-jobs/<str:public_id>/start", ImportJobs.as_view({"post": "start"}), name="import-job-start"),
    path("import-jobs/<str:public_id>/abort", ImportJobs.as_view({"post": "abort"}), name="import-job-abort"),
    path("import-jobs/<str:public_id>/results", ImportResults.as_view({"get": "results"}), name="import-job-results"),
    path("webhook-endpoints", WebhookEndpoints.as_view({"get": "page", "post": "create"}), name="webhook-endpoints"),
    path("webhook-endpoints/count", WebhookEndpoints.as_view({"get": "count"}), name="webhook-endpoints-count"),
    path(
        "webhook-endpoints/<str:public_id>",
        WebhookEndpoints.as_view({"get": "retrieve", "patch": "change", "delete": "remove"}),
        name="webhook-endpoint",
    ),
    path("webhook-endpoints/<str:public_id>/ping", WebhookEndpoints.as_view({"post": "ping"}), name="webhook-ping"),
    path(
        "webhook-endpoints/<str:public_id>/rotate-secret",
        WebhookEndpoints.as_view({"post": "rotate"}),
        name="webhook-rotate-secret",
    ),
    path(
        "webhook-endpoints/<str:public_id>/replay", WebhookEndpoints.as_view({"post": "replay"}), name="webhook-replay"
    ),
    path(
        "webhook-endpoints/<str:public_id>/deliveries",
        WebhookDeliveries.as_view({"get": "page"}),
        name="webhook-deliveries",
    ),
]
