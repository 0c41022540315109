"""The role matrix: every address, every principal, decided in `matrix.toml`. `security` section 15.1.

An address without an entry, an entry without an address, and an answer that differs fail.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.security.principals import knock_of, names
from tests.security.routes import address_of, routes

MATRIX = tomllib.loads((Path(__file__).parent / "matrix.toml").read_text())
SETS = MATRIX["sets"]
ENTRIES = {name.removeprefix("GET "): entry for name, entry in MATRIX["routes"].items()}
# Whoever has no session of a person.
STRANGERS = {"anonymous", "disabled"}


def allowed(listed):
    return {who for name in listed for who in (SETS[name[1:]] if name.startswith("@") else [name])}


def expected(route, principal):
    entry = ENTRIES[route]
    if principal in allowed(entry["allow"]):
        return entry.get("answer", "ok")
    for answer, others in entry.get("others", {}).items():
        if principal in allowed(others):
            return answer
    without_session = principal in STRANGERS or principal.startswith("client")
    if principal == "mfa_missing":
        return "mfa"
    if route.startswith("api/v1/") and route != "api/v1/docs/":
        return "challenge" if principal in STRANGERS | {"client_disabled"} else "denied"
    return "login" if without_session else "denied"


def doors_of(principal):
    """All doors; of a client those of the API, as a token means nothing to a page."""
    return [route for route in ENTRIES if route.startswith("api/") or not principal.startswith("client")]


def test_every_address_has_an_entry_and_every_entry_an_address():
    assert set(ENTRIES) == set(routes())


def test_every_name_is_a_principal():
    assert {who for entry in ENTRIES.values() for who in allowed(entry["allow"])} <= set(names())


@pytest.mark.django_db
@pytest.mark.parametrize("principal", names())
def test_principal_gets_what_the_matrix_says(principal, settings):
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (60000, 10000))
    knock = knock_of(principal)

    answers = {route: knock(address_of(route)) for route in doors_of(principal)}

    assert answers == {route: expected(route, principal) for route in doors_of(principal)}
