"""Which role opens which screens: exact sets, and the pages behind them."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import RequestFactory

from accounts.models import Account
from tests.clg.admin.rows import MAKERS, champion, touch
from tests.clg.admin.test_lists import address
from tests.factories.accounts import AccountFactory, OpportunityFactory

pytestmark = pytest.mark.django_db

ATTRIBUTION = {"activity", "attributionmodel", "attributionrun", "creditset", "encounter", "touch"}
REFERENCE = {"exchangerate", "product"}
CUSTOMERS = {"account", "opportunity", "signal", *REFERENCE}
SOURCES = {"apiclient", "crmsource", "externalidentity", "syncconflict"}
PEOPLE = {"securitylog", "team", "user"}

SCREENS = {
    "administrator": {*ATTRIBUTION, *CUSTOMERS, *SOURCES, *PEOPLE, "champion", "contact", "readinessmodel"},
    "marketer": {*ATTRIBUTION, *CUSTOMERS, *SOURCES, "champion", "contact", "readinessmodel"},
    "seller": {*ATTRIBUTION, *CUSTOMERS},
    "csm": {*ATTRIBUTION, *CUSTOMERS, "champion", "contact"},
    "leader": {*ATTRIBUTION, *CUSTOMERS, "champion", "readinessmodel"},
    "auditor": {*ATTRIBUTION, *CUSTOMERS, *SOURCES, *PEOPLE, "champion", "readinessmodel"},
    "nobody": set(),
}


@pytest.mark.parametrize("role", SCREENS)
def test_role_opens_exactly_its_screens(client, role, request):
    client.force_login(request.getfixturevalue(role))

    opened = {model._meta.model_name for model in MAKERS if client.get(address(model)).status_code == 200}

    assert opened == SCREENS[role]


@pytest.mark.parametrize("role", SCREENS)
def test_sidebar_shows_what_the_role_may_open(role, request):
    asked = RequestFactory().get("/admin/")
    asked.user = request.getfixturevalue(role)

    groups = admin.site.get_sidebar_list(asked)

    shown = {
        item["link"].split("?")[0].split("/")[3]
        for group in groups
        for item in group["items"][0:]
        if item["title"] != "Today"
    }
    assert shown == SCREENS[role]


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model._meta.model_name)
def test_auditor_changes_nothing(client, auditor, model):
    row = MAKERS[model](0)
    client.force_login(auditor)

    answer = client.post(address(model, "change", row.pk), {})

    assert answer.status_code in {403, 302}


def test_leader_finds_no_champion_by_name(client, leader):
    row = MAKERS[[model for model in MAKERS if model.__name__ == "Champion"][0]](0)
    client.force_login(leader)

    page = client.get(address(type(row)), {"q": row.contact.last_name}).content.decode()

    assert "Nothing fits" in page
    assert client.get(address(type(row), "change", row.pk)).status_code == 403


@pytest.mark.parametrize(("role", "sees"), [("marketer", True), ("leader", False), ("seller", False)])
def test_search_over_all_screens_names_no_hidden_person(client, role, sees, request):
    row = champion(0)
    client.force_login(request.getfixturevalue(role))

    found = client.get("/admin/search/", {"s": row.contact.last_name.lower(), "extended": "1"}).content.decode()

    assert (row.contact.last_name in found) is sees


@pytest.mark.parametrize(("role", "status"), [("marketer", 200), ("leader", 403), ("seller", 403)])
def test_suggestions_name_no_hidden_person(client, role, status, request):
    champion(0)
    client.force_login(request.getfixturevalue(role))
    field = {"app_label": "advocacy", "model_name": "activity", "field_name": "champion", "term": ""}

    assert client.get("/admin/autocomplete/", field).status_code == status


def test_seller_reads_neither_person_nor_company_of_a_touch(client, seller):
    row = touch(0, opportunity=OpportunityFactory(owner=seller))
    client.force_login(seller)

    page = client.get(address(type(row))).content.decode()

    assert "A champion" in page
    assert row.champion.account.name not in page
    assert client.get(address(type(row), "change", row.pk)).status_code == 403


@pytest.mark.parametrize(("role", "status"), [("marketer", 200), ("auditor", 200), ("csm", 403), ("leader", 403)])
def test_history_is_for_marketers_auditors_and_administrators(client, role, status, request):
    reader = request.getfixturevalue(role)
    row = AccountFactory(csm=reader)
    client.force_login(reader)

    assert client.get(address(type(row), "history", row.pk)).status_code == status


def test_history_tells_who_changed_what(client, marketer):
    row = AccountFactory(name="Old name")
    Account.objects.filter(pk=row.pk).update(name="New name")
    client.force_login(marketer)

    page = client.get(address(Account, "history", row.pk)).content.decode()

    assert "2 changes, newest first" in page
    assert '<b>name</b>: <span class="dim">Old name</span> → <bdi>New name</bdi>' in page
