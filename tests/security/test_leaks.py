"""Nobody learns of a champion, or of a row of others, by any road: `security` sections 2.3 and 15.2.

Every page, list, search, suggestion and API answer that a reader reaches is fetched and read for the canaries of the
rows that the reader may not know.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.db.models import ForeignKey
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import Account, Opportunity
from advocacy.models import Activity, Champion, Encounter, Touch
from clg import codes
from tests.security.routes import walked
from tests.security.world import CANARIES, World, make_world

pytestmark = pytest.mark.django_db

ALL_SCOPES = ("accounts:read", "contacts:read", "opportunities:read", "activities:read", "attribution:read")


@pytest.fixture
def world(settings) -> World:
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (60000, 10000))
    return make_world()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


# The world has at most six rows of what names a champion; of ledgers and logs the first few stand for all.
ROWS_A_SCREEN = 6


# --- Every road ------------------------------------------------------------------------------------------------
def addresses() -> Iterator[str]:
    yield "/admin/"
    yield from admin_addresses()
    yield from api_addresses()
    yield from suggestion_addresses()
    # "Buyer", "Deal" and the beginnings of what names champions: the answer must not hold more than was asked.
    for word in ("Deal", "Buyer", "Zeph", "Quillf", "Lumenf", "Ikar", "Moss", "reference"):
        yield f"/admin/search/?s={word}&extended=1"


def admin_addresses() -> Iterator[str]:
    for model, screen in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        lists = reverse(f"{name}_changelist")
        yield lists
        for key in model._base_manager.order_by("pk").values_list("pk", flat=True)[:ROWS_A_SCREEN]:
            yield reverse(f"{name}_change", args=[key])
            yield reverse(f"{name}_history", args=[key])
            yield from (f"{lists}{key}/act/{act.name}/" for act in screen.all_acts()[:1])


def suggestion_addresses() -> Iterator[str]:
    for model in admin.site._registry:
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey):
                asked = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={field.name}"
                yield f"/admin/autocomplete/?{asked}&term="


def api_addresses() -> Iterator[str]:
    """Every GET of the API, of every row whose name fits the place in the address."""
    for route, _ in walked(get_resolver()):
        if not route.startswith("api/v1/") or "openapi" in route or "docs" in route or "external_id" in route:
            continue
        for path in paths_of(route):
            yield path
            yield from (f"{path}?{query}" for query in QUERIES.get(route, ()))


NAMED = {"accounts": Account, "opportunities": Opportunity, "activities": Activity, "encounters": Encounter}
NAMED |= {"champions": Champion, "touches": Touch}
QUERIES = {
    "api/v1/opportunities": ["expand=account", "expand=contacts"],
    "api/v1/champions": ["expand=account"],
    "api/v1/attribution-summaries": [
        f"model=influenced-linear&group_by={group}" for group in ("activity", "champion", "account", "activity_kind")
    ],
}


def paths_of(route: str) -> Iterator[str]:
    if "<str:public_id>" not in route:
        yield f"/{route.replace('<str:key>', 'influenced-linear')}"
        return
    model = NAMED.get(route.split("/")[2])
    if model is not None:
        yield from (f"/{route.replace('<str:public_id>', codes.name_of(row))}" for row in model._base_manager.all())


def found(client: Client, words: set[str]) -> dict[str, set[str]]:
    """Where any of the words stands, by address; the page of a search echoes what was asked, which holds none whole."""
    places = {address: client.get(address).content.decode() for address in addresses()}
    hits = {address: {word for word in words if word in body} for address, body in places.items()}
    return {address: hit for address, hit in hits.items() if hit}


def hidden(**kinds) -> set[str]:
    """`hidden(zoe="person", ike="all")`: the words that a reader must meet nowhere."""
    words: set[str] = set()
    for name, kind in kinds.items():
        canary = CANARIES[name]
        words |= {*canary.person, *(canary.company if kind == "all" else ())}
    return words


FORBIDDEN = {
    # Sam owns the account of ike: the company is no secret to him, that a champion is there is.
    "sam": hidden(zoe="all", ike="person") | {"Deal of olga", "Buyer of olga"},
    "olga": hidden(zoe="all", ike="all") | {"Deal of sam", "Buyer of sam", "Deal of max"},
    "carla": hidden(ike="all") | {"Deal of sam", "Deal of olga", "Buyer of max"},
    "cora": hidden(zoe="all") | {"Deal of sam", "Deal of olga", "Buyer of max"},
    "lena": hidden(zoe="person", ike="person"),
    "aldo": hidden(zoe="person", ike="person"),
}


@pytest.mark.parametrize("person", FORBIDDEN)
def test_no_road_leads_to_what_the_reader_may_not_know(world, person):
    assert found(signed_in(world.people[person]), FORBIDDEN[person]) == {}


def test_who_sells_and_cares_knows_only_whom_they_care_for(world):
    both = world.people["both"]
    Account.objects.filter(pk=world.champions["zoe"].account_id).update(csm=both)

    assert found(signed_in(both), hidden(ike="person")) == {}


def test_the_roads_do_lead_to_what_the_reader_may_know(world):
    """Without this the tests above could pass on empty pages."""
    words = {*CANARIES["zoe"].person, *CANARIES["zoe"].company}

    places = found(signed_in(world.people["maya"]), words)

    assert set().union(*places.values()) == words
    assert len(places) > 40
