"""Screens of the advocacy floor, and its panels on the pages of accounts, contacts and deals."""

from advocacy.admin import panels as panels
from advocacy.admin.activity import ActivityAdmin, EncounterAdmin
from advocacy.admin.ask import AskAdmin
from advocacy.admin.champion import ChampionAdmin
from advocacy.admin.credit import CreditSetAdmin
from advocacy.admin.grant import GrantAdmin
from advocacy.admin.model import AttributionModelAdmin, ReadinessModelAdmin
from advocacy.admin.rules import BlackoutPeriodAdmin, EffortBudgetAdmin, UseRuleAdmin
from advocacy.admin.run import AttributionRunAdmin
from advocacy.admin.takedown import TakedownAdmin
from advocacy.admin.touch import TouchAdmin

__all__ = [
    "ActivityAdmin",
    "AskAdmin",
    "AttributionModelAdmin",
    "AttributionRunAdmin",
    "BlackoutPeriodAdmin",
    "ChampionAdmin",
    "CreditSetAdmin",
    "EffortBudgetAdmin",
    "EncounterAdmin",
    "GrantAdmin",
    "ReadinessModelAdmin",
    "TakedownAdmin",
    "TouchAdmin",
    "UseRuleAdmin",
]
