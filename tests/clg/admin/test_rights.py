"""Which role opens which screens: exact sets, and the pages behind them."""

from __future__ import annotations

import datetime as dt

import pghistory
import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Opportunity
from clg import wording
from clg.admin.history import HIDDEN, changes_of
from clg.admin.naming import names_of
from tests.clg.admin.rows import MAKERS, champion, touch
from tests.clg.admin.test_lists import address
from tests.factories.accounts import AccountFactory, OpportunityFactory, UserFactory
from tests.factories.advocacy import ActivityFactory

pytestmark = pytest.mark.django_db

ATTRIBUTION = {"activity", "attributionmodel", "attributionrun", "creditset", "encounter", "touch"}
REFERENCE = {"exchangerate", "product"}
CUSTOMERS = {"account", "opportunity", "signal", *REFERENCE}
OUTBOX = {"consumerfailure", "feedconsumer", "outboxevent"}
SOURCES = {
    "webhookendpoint",
    "webhookdelivery",
    "apiclient",
    "crmsource",
    "externalidentity",
    "importjob",
    "importpreset",
    "mergeevent",
    "syncconflict",
    *OUTBOX,
}
ASKING = {"ask", "grant", "takedowntask"}
RULES = {"blackoutperiod", "effortbudget", "userule"}
PEOPLE = {"securitylog", "team", "user"}

SCREENS = {
    "administrator": {
        *RULES,
        *ASKING,
        *ATTRIBUTION,
        *CUSTOMERS,
        *SOURCES,
        *PEOPLE,
        "champion",
        "contact",
        "readinessmodel",
    },
    "marketer": {*RULES, *ASKING, *ATTRIBUTION, *CUSTOMERS, *SOURCES, "champion", "contact", "readinessmodel"},
    "seller": {"ask", *ATTRIBUTION, *CUSTOMERS},
    "csm": {*RULES, *ASKING, *ATTRIBUTION, *CUSTOMERS, "champion", "contact"},
    "leader": {*RULES, "grant", "takedowntask", *ATTRIBUTION, *CUSTOMERS, "champion", "readinessmodel"},
    "auditor": {*RULES, *ASKING, *ATTRIBUTION, *CUSTOMERS, *SOURCES, *PEOPLE, "champion", "readinessmodel"},
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


def test_history_names_rows_and_people_and_not_their_keys(client, marketer, csm):
    parent = AccountFactory(name="Haldenwerk Group")
    with pghistory.context(actor=f"user:{marketer.pk}"):
        row = AccountFactory(name="Haldenwerk AG", owner=csm, parent=parent)
    client.force_login(marketer)

    page = client.get(address(Account, "history", row.pk)).content.decode()

    assert "<b>owner</b>: <bdi>Carl Csm</bdi>" in page
    assert "<b>parent</b>: <bdi>Haldenwerk Group</bdi>" in page
    assert '<span class="code">Maya Marketer</span>' in page
    assert f"user:{marketer.pk}" not in page


def test_history_keeps_the_name_of_whom_the_reader_may_not_know(auditor):
    row = ActivityFactory()
    names = names_of(admin.site, auditor)

    told = [change.name + ": " + change.after for change in changes_of(row, reader=auditor, names=names)[0].fields]

    assert f"champion: {HIDDEN}" in told
    assert f"account: {row.account}" in told


def test_history_asks_for_names_once_a_model_whatever_the_number_of_changes(marketer):
    row = AccountFactory()
    for owner in UserFactory.create_batch(12):
        Account.objects.filter(pk=row.pk).update(owner=owner)
    names = names_of(admin.site, marketer)

    with CaptureQueriesContext(connection) as captured:
        changes = changes_of(row, reader=marketer, names=names)

    assert len(changes) == 13
    assert len(captured) == 3, "events, names of users, roles of the reader"


def test_pages_are_headed_by_words_and_not_by_keys(client, marketer):
    row = touch(0)
    client.force_login(marketer)

    page = client.get(address(type(row), "change", row.pk)).content.decode()

    assert str(row) == f"{row.get_activity_kind_display()} met a deal on {wording.day(row.occurred_at)}"
    assert str(row) in page
    assert f"Touch {row.pk}" not in page


@pytest.mark.parametrize("query", [{}, {"o": "-7"}])
def test_deals_without_an_opening_date_stand_last(client, marketer, query):
    OpportunityFactory(name="Undated deal", opened_at=None)
    OpportunityFactory(name="Dated deal", opened_at=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
    client.force_login(marketer)

    page = client.get(address(Opportunity), query).content.decode()

    assert 0 < page.index("Dated deal") < page.index("Undated deal")
