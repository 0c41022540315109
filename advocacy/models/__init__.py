"""Tables of the advocacy floor."""

from advocacy.models.acceptance import TouchAcceptance
from advocacy.models.activity import Activity, Encounter
from advocacy.models.attribution import (
    AttributionDirty,
    AttributionModel,
    AttributionModelVersion,
    AttributionRun,
    AttributionRunRange,
    Credit,
    CreditHead,
    CreditSet,
    OpportunityFact,
    Touch,
)
from advocacy.models.champion import Champion, ChampionEvent
from advocacy.models.readiness import (
    Readiness,
    ReadinessChange,
    ReadinessDecay,
    ReadinessDirty,
    ReadinessModel,
    ReadinessWeight,
)

__all__ = [
    "Activity",
    "AttributionDirty",
    "AttributionModel",
    "AttributionModelVersion",
    "AttributionRun",
    "AttributionRunRange",
    "Champion",
    "ChampionEvent",
    "Credit",
    "CreditHead",
    "CreditSet",
    "Encounter",
    "OpportunityFact",
    "Readiness",
    "ReadinessChange",
    "ReadinessDecay",
    "ReadinessDirty",
    "ReadinessModel",
    "ReadinessWeight",
    "Touch",
    "TouchAcceptance",
]
