"""What must happen on this floor in the transaction of a merge of accounts, contacts or deals below."""

from __future__ import annotations

import datetime as dt

from accounts.hooks import MergeResolver, Moved, Pairs, register_merge_keys, register_merge_resolver
from advocacy.actions.merge import give_champions_back, take_champions


def register_merges() -> None:
    """Encounters, activities and champions follow; the ledger, its touches and facts keep their keys and append.

    Moving the keys marks the deals and scores concerned by trigger, so credit follows and no amount is edited.
    """
    register_merge_keys("advocacy.Activity", move=["account"])
    register_merge_keys("advocacy.Encounter", move=["opportunity", "buyer_contact", "buyer_account"])
    register_merge_keys("advocacy.Champion", move=["account"])
    register_merge_keys("advocacy.OpportunityFact", keep=["opportunity", "account"])
    register_merge_keys("advocacy.Touch", keep=["opportunity"])
    register_merge_keys("advocacy.CreditSet", keep=["opportunity"])
    register_merge_keys("advocacy.CreditHead", keep=["opportunity"])
    register_merge_keys("advocacy.Ask", move=["account", "contact", "prospect", "opportunity"])
    register_merge_keys("advocacy.BlackoutPeriod", move=["account"])
    register_merge_keys("advocacy.EffortBudget", move=["account"])
    register_merge_keys("advocacy.Grant", move=["account"])
    register_merge_keys("advocacy.EffortEntry", move=["account", "contact"])
    register_merge_keys("advocacy.GiftRecord", move=["contact"])
    # A row to lock only; the winner gets its own when it is first needed.
    register_merge_keys("advocacy.EffortMeter", keep=["account", "contact"])
    register_merge_keys("advocacy.GrantParty", move=["account"])
    register_merge_resolver("advocacy.Champion", "contact", MergeResolver(_take, _give_back))


def _take(pairs: Pairs, at: dt.datetime) -> Moved:
    return take_champions(contacts=pairs, at=at)


def _give_back(pairs: Pairs, moved: Moved, at: dt.datetime) -> Moved:
    return give_champions_back(contacts=pairs, moved=moved, at=at)
