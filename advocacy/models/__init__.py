"""Tables of the advocacy floor."""

from advocacy.models.acceptance import TouchAcceptance
from advocacy.models.activity import Activity, Encounter
from advocacy.models.ask import Ask, AskOverride
from advocacy.models.attribution import (
    AttributionDirty,
    AttributionModel,
    AttributionModelVersion,
    AttributionRun,
    AttributionRunRange,
    OpportunityFact,
    Touch,
)
from advocacy.models.calibration import CalibrationReport, ModelPreview
from advocacy.models.champion import Champion, ChampionEvent
from advocacy.models.credit import Credit, CreditHead, CreditSet
from advocacy.models.effort import EffortBudget, EffortEntry, EffortMeter
from advocacy.models.gift import GiftLimit, GiftRecord
from advocacy.models.grant import Grant, GrantEvent, GrantNotice, GrantParty, GrantUse, TakedownTask
from advocacy.models.readiness import (
    Readiness,
    ReadinessChange,
    ReadinessDecay,
    ReadinessDirty,
    ReadinessModel,
    ReadinessWeight,
)
from advocacy.models.record import RecordKey
from advocacy.models.use import BlackoutPeriod, UsePreference, UseRule

__all__ = [
    "Ask",
    "AskOverride",
    "CalibrationReport",
    "ModelPreview",
    "EffortBudget",
    "EffortEntry",
    "EffortMeter",
    "GiftLimit",
    "GiftRecord",
    "Grant",
    "GrantEvent",
    "GrantNotice",
    "GrantParty",
    "GrantUse",
    "TakedownTask",
    "BlackoutPeriod",
    "UsePreference",
    "UseRule",
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
    "RecordKey",
    "Touch",
    "TouchAcceptance",
]
