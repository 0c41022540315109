"""A small tenant for the tests of leaks and of the role matrix: rows of several owners, each with names of its own.

Two champions, one in the care of `carla`; three deals, of `sam`, of `max` from the same team and of `olga` from
another; each champion met each deal, so everybody's touches stand on the deals of everybody else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, cast

from django.contrib.auth.models import Group

from accounts.choices import Role
from accounts.models import ExternalIdentity, Opportunity, OpportunityContact, Signal, User
from advocacy.actions.activity import record_activity
from advocacy.actions.attribution import attribute_changes
from advocacy.actions.encounter import record_encounter
from advocacy.choices import ActivityKind, EncounterKind
from advocacy.models import Activity, Champion
from tests.factories.accounts import (
    AccountFactory,
    ContactFactory,
    CustomerFactory,
    OpportunityFactory,
    SourceFactory,
    TeamFactory,
    UserFactory,
)
from tests.factories.advocacy import ChampionFactory

AT: Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Canary:
    """What names one champion: the person, and the company with everything that leads to it."""

    person: tuple[str, ...]
    company: tuple[str, ...]


CANARIES: Final = {
    "zoe": Canary(
        ("Zephyrine", "Quillfeather", "zq@lumen-forge.example", "+15550001", "Archweaver", "Zephyrine on stage"),
        ("Lumenforge", "lumen-forge.example"),
    ),
    "ike": Canary(
        ("Ikarion", "Voidstrand", "iv@moss-harbor.example", "+15550002", "Deepwarden", "Ikarion on stage"),
        ("Mossharbor", "moss-harbor.example"),
    ),
}


@dataclass
class World:
    """Rows by the short name of their owner or of the champion; people by their first name."""

    people: dict[str, User] = field(default_factory=dict)
    champions: dict[str, Champion] = field(default_factory=dict)
    deals: dict[str, Opportunity] = field(default_factory=dict)
    acts: dict[tuple[str, str], Activity] = field(default_factory=dict)


def make_person(name: str, *roles: Role, **fields: Any) -> User:
    user = UserFactory(name=name, email=f"{name.lower()}@corvane.example", **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def make_world() -> World:
    world = World()
    north, south = TeamFactory(name="North"), TeamFactory(name="South")
    world.people = {
        "ada": make_person("Ada", Role.ADMINISTRATOR),
        "maya": make_person("Maya", Role.MARKETER),
        "sam": make_person("Sam", Role.SALES, team=north),
        "max": make_person("Max", Role.SALES, team=north),
        "olga": make_person("Olga", Role.SALES, team=south),
        "carla": make_person("Carla", Role.CSM),
        "cora": make_person("Cora", Role.CSM),
        # Sells in the North and cares for the account of one champion: rights add up, sights do not mix.
        "both": make_person("Both", Role.SALES, Role.CSM, team=north),
        "lena": make_person("Lena", Role.LEADER),
        "aldo": make_person("Aldo", Role.AUDITOR),
    }
    for name, csm in (("zoe", "carla"), ("ike", "cora")):
        # A seller of the North owns the champion's account too: sight of the company is no sight of the champion.
        owner = world.people["sam"] if name == "ike" else None
        world.champions[name] = _champion(CANARIES[name], csm=world.people[csm], owner=owner)
    for name in ("sam", "max", "olga"):
        world.deals[name] = _deal(name, world.people[name])
    for day, (champion, deal) in enumerate(_pairs(world), start=1):
        world.acts[champion, deal] = _met(world.champions[champion], world.deals[deal], day)
    attribute_changes(at=AT)
    return world


def _pairs(world: World) -> Iterable[tuple[str, str]]:
    return [(champion, deal) for champion in world.champions for deal in world.deals]


def _champion(canary: Canary, *, csm: User, owner: User | None) -> Champion:
    first, last, email, phone, title, _ = canary.person
    name, domain = canary.company
    account: Any = CustomerFactory(name=name, domain=domain, website=f"https://{domain}", csm=csm, owner=owner)
    contact: Any = ContactFactory(
        account=account, first_name=first, last_name=last, email=email, phone=phone, title=title
    )
    Signal.objects.create(
        kind="relationship", account=account, contact=contact, raw=5, value=100, observed_at=AT, source="survey"
    )
    ExternalIdentity.objects.create(
        source=cast(Any, SourceFactory()), object_type="contact", external_id=f"c-{contact.pk}", contact=contact
    )
    return ChampionFactory(contact=contact, nomination_text=f"{first} is a friend")


def _deal(name: str, owner: User) -> Opportunity:
    account = AccountFactory(name=f"Buyer of {name}", domain=f"{name}.example", owner=owner)
    deal: Any = OpportunityFactory(
        account=account,
        name=f"Deal of {name}",
        owner=owner,
        amount=Decimal("900.00"),
        opened_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        closed_at=dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
        outcome="won",
    )
    OpportunityContact.objects.create(
        opportunity=deal, contact=cast(Any, ContactFactory(account=account)), role="buyer"
    )
    return deal


def _met(champion: Champion, deal: Opportunity, day: int) -> Activity:
    """One act of a champion that met one deal."""
    moment = dt.datetime(2026, 2, day, tzinfo=dt.UTC)
    name = f"{champion.pk}-{deal.pk}"
    act = record_activity(
        champion=champion,
        kind=ActivityKind.REFERENCE_CALL,
        title=f"{champion.contact.first_name} on stage",
        occurred_at=moment,
        source="test",
        source_ref=name,
        at=AT,
    )
    record_encounter(
        activity=act,
        kind=EncounterKind.CONVERSATION,
        role="influenced",
        occurred_at=moment,
        source="test",
        source_ref=name,
        opportunity=deal,
        at=AT,
    )
    return act
