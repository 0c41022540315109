"""Addresses of the advocacy resources under `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from advocacy.api.activities import Activities, Encounters
from advocacy.api.attributions import Attributions
from advocacy.api.champions import Champions
from advocacy.api.explanations import DealExplanation, DealExplanationByExternalId
from advocacy.api.models import AttributionModels, ModelVersions
from advocacy.api.records import PushActivities, PushEncounters
from advocacy.api.runs import AttributionRuns
from advocacy.api.summaries import AttributionHeadlines, AttributionSummaries
from advocacy.api.touches import Touches
from clg.api.doors import ReadDoor


def _addresses(noun: str, door: type[ReadDoor], key: str = "public_id") -> list[URLPattern]:
    """A list, its count, and one row."""
    return [
        path(noun, door.as_view({"get": "page"}), name=f"{noun}-list"),
        path(f"{noun}/count", door.as_view({"get": "count"}), name=f"{noun}-count"),
        path(f"{noun}/<str:{key}>", door.as_view({"get": "retrieve"}), name=f"{noun}-detail"),
    ]


urlpatterns: list[URLPattern] = [
    *_addresses("champions", Champions),
    path("champions/<str:public_id>/explain", Champions.as_view({"get": "explain"}), name="champions-explain"),
    path("activities/bulk-upsert", PushActivities.as_view(), name="activities-bulk-upsert"),
    path("encounters/bulk-upsert", PushEncounters.as_view(), name="encounters-bulk-upsert"),
    *_addresses("activities", Activities),
    *_addresses("encounters", Encounters),
    *_addresses("touches", Touches),
    *_addresses("attributions", Attributions),
    path(
        "opportunities/by-external-id/<path:external_id>/attribution",
        DealExplanationByExternalId.as_view(),
        name="opportunities-by-external-id-attribution",
    ),
    path("opportunities/<str:public_id>/attribution", DealExplanation.as_view(), name="opportunities-attribution"),
    path("attribution-summaries", AttributionSummaries.as_view(), name="attribution-summaries"),
    path("attribution-headlines", AttributionHeadlines.as_view(), name="attribution-headlines"),
    *_addresses("attribution-models", AttributionModels, key="key"),
    path(
        "attribution-models/<str:key>/versions",
        ModelVersions.as_view({"get": "page"}),
        name="attribution-models-versions",
    ),
    *_addresses("attribution-runs", AttributionRuns),
]
