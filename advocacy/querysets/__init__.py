"""How the advocacy floor is read: one QuerySet a model."""

from advocacy.querysets.activity import ActivityQuerySet, EncounterQuerySet
from advocacy.querysets.ask import AskQuerySet, OverrideQuerySet
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
from advocacy.querysets.effort import BudgetQuerySet, EffortQuerySet
from advocacy.querysets.grant import GrantPartQuerySet, GrantQuerySet, TakedownQuerySet
from advocacy.querysets.readiness import ReadinessQuerySet, WeightsQuerySet
from advocacy.querysets.use import (
    BlackoutQuerySet,
    GiftLimitQuerySet,
    GiftQuerySet,
    PreferenceQuerySet,
    UseRuleQuerySet,
)

__all__ = [
    "AskQuerySet",
    "OverrideQuerySet",
    "BudgetQuerySet",
    "EffortQuerySet",
    "GrantPartQuerySet",
    "GrantQuerySet",
    "TakedownQuerySet",
    "BlackoutQuerySet",
    "GiftLimitQuerySet",
    "GiftQuerySet",
    "PreferenceQuerySet",
    "UseRuleQuerySet",
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
