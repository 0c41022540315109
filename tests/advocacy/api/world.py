"""A small world with credit in it, made by the real actions: three deals, two champions, one run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Opportunity
from advocacy.actions.activity import record_activity
from advocacy.actions.attribution import attribute_changes
from advocacy.actions.encounter import record_encounter
from advocacy.choices import ActivityKind, EncounterKind, TouchRole
from advocacy.models import Activity, Champion
from tests.factories.accounts import AccountFactory, ContactFactory, CustomerFactory, OpportunityFactory
from tests.factories.advocacy import ChampionFactory

AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@dataclass
class World:
    """`won`: 900.00 USD, two acts of two champions, one of them sourced it. `untouched`: 100.00 USD, nobody.
    `yen`: in a currency without a rate."""

    won: Opportunity
    untouched: Opportunity
    yen: Opportunity
    call: Activity
    referral: Activity
    ada: Champion
    bo: Champion


def make_world(owner=None) -> World:
    buyer = AccountFactory(name="Buyer", owner=owner)
    won = _deal(buyer, "900.00", "USD", outcome="won", owner=owner)
    ada, bo = _champion("Ada"), _champion("Bo")
    call = _act(ada, ActivityKind.REFERENCE_CALL, day=10, deal=won)
    referral = _act(bo, ActivityKind.REFERRAL, day=5, deal=won, role=TouchRole.SOURCED)
    world = World(
        won=won,
        untouched=_deal(AccountFactory(name="Quiet"), "100.00", "USD"),
        yen=_deal(AccountFactory(name="Far"), "5000", "JPY"),
        call=call,
        referral=referral,
        ada=ada,
        bo=bo,
    )
    attribute_changes(at=AT)
    return world


def _deal(account: Any, amount: str, currency: str, *, outcome: str = "open", owner=None) -> Opportunity:
    return OpportunityFactory(
        account=account,
        amount=Decimal(amount),
        currency=currency,
        opened_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        closed_at=dt.datetime(2026, 5, 1, tzinfo=dt.UTC) if outcome == "won" else None,
        outcome=outcome,
        owner=owner,
    )


def _champion(name: str) -> Champion:
    contact = ContactFactory(account=CustomerFactory(name=f"{name}'s company"), first_name=name, last_name="Canary")
    return ChampionFactory(contact=contact)


def _act(champion, kind, *, day: int, deal: Opportunity, role: str = TouchRole.INFLUENCED) -> Activity:
    moment = dt.datetime(2026, 2, day, tzinfo=dt.UTC)
    act = record_activity(
        champion=champion,
        kind=kind,
        title=f"Canary title of {champion.contact.first_name}",
        occurred_at=moment,
        source="test",
        source_ref=f"{kind}-{champion.pk}",
        at=AT,
    )
    record_encounter(
        activity=act,
        kind=EncounterKind.CONVERSATION,
        role=role,
        occurred_at=moment,
        source="test",
        source_ref=f"{kind}-{champion.pk}",
        opportunity=deal,
        at=AT,
    )
    return act
