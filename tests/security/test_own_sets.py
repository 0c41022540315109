"""Each list shows each person exactly their own rows, by the table of `security` 2.2 written down by hand: 15.2."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import Account, Contact, Opportunity, OpportunityContact, Signal
from advocacy.models import Activity, Champion, CreditHead, CreditSet, Encounter, Touch
from clg import codes
from clg.models import SecurityLog
from tests.callers import sign_in
from tests.security.world import World, make_world

pytestmark = pytest.mark.django_db

EVERYTHING = ("ada", "maya", "lena", "aldo")
LIMITED = ("sam", "max", "olga", "carla", "cora")
NO_DOOR = None
# The team North sells to the buyers of sam and max, and sam owns the company of ike; carla cares for the company of zoe
# and for the buyer of sam, cora for the company of ike. Acts and touches are named champion-deal.
NORTH = {"zoe-sam", "zoe-max", "ike-sam", "ike-max"}
SOUTH = {"zoe-olga", "ike-olga"}
OF_ZOE = {"zoe-sam", "zoe-max", "zoe-olga"}
OF_IKE = {"ike-sam", "ike-max", "ike-olga"}


def sets(*limited: set[str] | None) -> dict[str, set[str] | None]:
    """Of the team North, of olga, of carla, of cora."""
    north, olga, carla, cora = limited
    return {"sam": north, "max": north, "olga": olga, "carla": carla, "cora": cora}


COMPANIES = sets({"sam", "max", "ike"}, {"olga"}, {"zoe", "sam"}, {"ike"})
DEALS = sets({"sam", "max"}, {"olga"}, {"sam"}, set())
ACTS = sets(NORTH, SOUTH, OF_ZOE | {"ike-sam"}, OF_IKE)
TABLE: dict[type[Any], dict[str, set[str] | None]] = {
    Account: COMPANIES,
    Contact: COMPANIES,
    Signal: sets({"ike"}, set(), {"zoe"}, {"ike"}),
    Opportunity: DEALS,
    CreditSet: DEALS,
    CreditHead: DEALS,
    # Sellers meet champions without a name in their requests only.
    Champion: sets(NO_DOOR, NO_DOOR, {"zoe"}, {"ike"}),
    Activity: ACTS,
    Encounter: ACTS,
    Touch: sets(NORTH, SOUTH, {"zoe-sam", "ike-sam"}, set()),
}
# Screens that a role has no use for, though the API shows it the rows, masked.
CLOSED_SCREENS = {(Contact, name) for name in ("sam", "max", "olga", "lena", "aldo")}
ROUTES = {
    "accounts": Account,
    "contacts": Contact,
    "opportunities": Opportunity,
    "champions": Champion,
    "activities": Activity,
    "encounters": Encounter,
    "touches": Touch,
    "attributions": CreditHead,
}


@pytest.fixture
def world(settings) -> World:
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (60000, 10000))
    world = make_world()
    Account.objects.filter(opportunities=world.deals["sam"]).update(csm=world.people["carla"])
    return world


def short_names(world: World, model: type[Any]) -> dict[int, str]:
    """Key of each row -> what the table calls it."""
    deals = {deal.pk: name for name, deal in world.deals.items()}
    companies = {row.account_id: name for name, row in [*world.champions.items(), *world.deals.items()]}
    champions = {row.pk: name for name, row in world.champions.items()}
    acts = {act.pk: f"{champion}-{deal}" for (champion, deal), act in world.acts.items()}
    people = {row.contact_id: name for name, row in world.champions.items()}
    for contact, deal in OpportunityContact.objects.values_list("contact", "opportunity"):
        people[contact] = deals[deal]
    own: dict[type[Any], dict[int, str]] = {
        Account: companies,
        Opportunity: deals,
        Champion: champions,
        Activity: acts,
        Contact: people,
    }
    keyed: dict[type[Any], tuple[str, dict[int, str]]] = {
        Signal: ("account_id", companies),
        CreditSet: ("opportunity_id", deals),
        CreditHead: ("opportunity_id", deals),
        Encounter: ("activity_id", acts),
        Touch: ("activity_id", acts),
    }
    if model in own:
        return own[model]
    key, names = keyed[model]
    return {row.pk: names[getattr(row, key)] for row in model._base_manager.all()}


def on_screen(user: Any, model: type[Any]) -> set[int] | None:
    answer = sign_in(user).get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    return {row.pk for row in answer.context["cl"].result_list} if answer.status_code == 200 else NO_DOOR


def in_answer(user: Any, route: str, model: type[Any]) -> set[int] | None:
    answer = sign_in(user).get(f"/api/v1/{route}?limit=100")
    if answer.status_code != 200:
        return NO_DOOR
    keys = {codes.name_of(row): row.pk for row in model._base_manager.all()}
    return {keys[entry["id"]] for entry in answer.json()["data"]}


def named(names: dict[int, str], keys: set[int] | None) -> set[str] | None:
    return NO_DOOR if keys is NO_DOOR else {names[key] for key in keys}


def expected(names: dict[int, str], model: type[Any], person: str) -> set[str] | None:
    return set(names.values()) if person in EVERYTHING else TABLE[model][person]


@pytest.mark.parametrize("model", [model for model in TABLE if model in admin.site._registry], ids=lambda m: m.__name__)
def test_screen_lists_exactly_the_own_set(world, model):
    names = short_names(world, model)
    for person in (*EVERYTHING, *LIMITED):
        seen = on_screen(world.people[person], model)
        wanted = NO_DOOR if (model, person) in CLOSED_SCREENS else expected(names, model, person)

        assert (person, named(names, seen)) == (person, wanted)


@pytest.mark.parametrize("route", ROUTES)
def test_api_lists_exactly_the_own_set(world, route):
    model = ROUTES[route]
    names = short_names(world, model)
    for person in (*EVERYTHING, *LIMITED):
        seen = in_answer(world.people[person], route, model)

        assert (person, named(names, seen)) == (person, expected(names, model, person))


def test_other_screens_show_a_role_all_rows_or_none(world):
    """Their rows belong to nobody, or are of the house: the role matrix says who has a door."""
    for model in admin.site._registry:
        if model in TABLE or model is SecurityLog:  # the log grows with each look
            continue
        every = set(model._base_manager.values_list("pk", flat=True))
        for person in (*EVERYTHING, *LIMITED):
            seen = on_screen(world.people[person], model)
            assert (model, person, seen) in ((model, person, NO_DOOR), (model, person, every))
