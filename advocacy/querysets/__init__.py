"""How the advocacy floor is read: one QuerySet a model."""

from advocacy.querysets.activity import ActivityQuerySet, EncounterQuerySet
from advocacy.querysets.attribution import (
    AttributionReadQuerySet,
    CreditHeadQuerySet,
    CreditQuerySet,
    CreditSetQuerySet,
    DirtyQuerySet,
    ModelQuerySet,
    RunQuerySet,
    TouchQuerySet,
)
from advocacy.querysets.champion import ChampionQuerySet
from advocacy.querysets.readiness import ReadinessQuerySet, WeightsQuerySet

__all__ = [
    "ActivityQuerySet",
    "AttributionReadQuerySet",
    "ChampionQuerySet",
    "CreditHeadQuerySet",
    "CreditQuerySet",
    "CreditSetQuerySet",
    "DirtyQuerySet",
    "EncounterQuerySet",
    "ModelQuerySet",
    "ReadinessQuerySet",
    "RunQuerySet",
    "TouchQuerySet",
    "WeightsQuerySet",
]
