"""Above a list: everybody's own saved filters, and taking the rows away as a file."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from advocacy.choices import Standing
from clg.admin import saved_filters
from clg.admin.saved_filters import filters_of, save_filter
from clg.models import SavedFilter, SecurityLog
from tests.clg.admin.rows import champion, touch
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:advocacy_champion_changelist")
SAVE = reverse("admin:advocacy_champion_save")
EXPORT = reverse("admin:advocacy_champion_export")


def saved(client, name="My paused", query="standing=paused&p=3"):
    return client.post(SAVE, {"name": name, "query": query})


def exported(client, **query):
    answer = client.get(EXPORT, query)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_saved_filters_are_a_chip_of_their_owner_alone(client, marketer, csm):
    client.force_login(marketer)
    answer = saved(client)
    mine = client.get(LIST).content.decode()
    client.force_login(csm)
    theirs = client.get(LIST).content.decode()

    assert answer["Location"] == f"{LIST}?standing=paused"
    assert 'href="?standing=paused">My paused</a>' in mine
    assert "My paused" not in theirs


def test_chip_of_the_present_filters_is_chosen_and_can_be_removed(client, marketer):
    client.force_login(marketer)
    saved(client)
    one = SavedFilter.objects.get()
    forget = reverse("admin:advocacy_champion_forget", args=[one.pk])

    page = client.get(LIST, {"standing": "paused"}).content.decode()
    assert forget in page
    assert "Save these filters" not in page

    client.post(forget)
    client.post(forget)
    assert not SavedFilter.objects.exists()


def test_same_name_means_the_newest_filters(client, marketer):
    client.force_login(marketer)

    saved(client)
    saved(client, query="band=ready")

    assert SavedFilter.objects.get().query == "band=ready"


@pytest.mark.parametrize(("name", "query"), [("", "band=ready"), ("x" * 61, "band=ready"), ("All", "")])
def test_nameless_or_empty_filters_are_not_saved(client, marketer, name, query):
    client.force_login(marketer)

    assert saved(client, name, query).status_code == 302
    assert not SavedFilter.objects.exists()


def test_number_of_chips_is_limited(client, marketer, monkeypatch):
    monkeypatch.setattr(saved_filters, "MOST", 1)
    client.force_login(marketer)
    saved(client)

    page = client.post(SAVE, {"name": "Another", "query": "band=ready"}, follow=True).content.decode()

    assert "You have 1 saved filters here; remove one first." in page
    assert SavedFilter.objects.get().name == "My paused"


def test_filters_of_others_are_out_of_reach(client, marketer, csm):
    one = save_filter(owner=f"user:{csm.pk}", screen="advocacy.champion", name="Theirs", query="band=ready")
    client.force_login(marketer)

    client.post(reverse("admin:advocacy_champion_forget", args=[one.pk]))

    assert SavedFilter.objects.get() == one


def test_without_sight_of_the_list_nothing_is_saved(client, nobody):
    client.force_login(nobody)

    assert saved(client).status_code == 403
    assert client.get(SAVE).status_code in {403, 405}
    assert not SavedFilter.objects.exists()


def test_filters_are_written_one_way():
    assert filters_of("band=ready&standing=active&p=2&q=") == filters_of("standing=active&band=ready&e=1")


def test_export_is_the_list_as_filtered_and_is_logged(session, marketer):
    row = champion(0)
    ChampionFactory(standing=Standing.INVITED)
    client = session(marketer)
    assert f'href="{EXPORT}?standing=active"' in client.get(LIST, {"standing": "active"}).content.decode()

    rows = exported(client, standing="active")

    assert [(one["Champion"], one["Readiness"], one["Standing"]) for one in rows] == [
        (str(row.contact), "71.50", "Active")
    ]
    event = SecurityLog.objects.get(event="export")
    assert event.actor == f"user:{marketer.pk}"
    assert (event.data["rows"], event.data["filters"]) == (1, ["standing"])
    assert len(event.data["sha256"]) == 64


def test_export_holds_no_contact_details(session, marketer):
    row = champion(0)
    client = session(marketer)

    body = client.get(EXPORT).content.decode()

    assert str(row.contact) in body
    assert "@" not in body


@pytest.mark.parametrize("role", ["leader", "auditor", "csm", "administrator"])
def test_who_may_not_export_takes_nothing_away(client, role, request):
    client.force_login(request.getfixturevalue(role))

    answer = client.get(EXPORT)

    assert answer.status_code == 403
    assert "The pool is exported by customer marketers." in answer.content.decode()
    assert EXPORT not in client.get(LIST).content.decode()
    assert not SecurityLog.objects.filter(event="export").exists()


def test_export_needs_a_fresh_login(client, marketer):
    client.force_login(marketer)

    answer = client.get(EXPORT)

    assert answer.status_code == 302
    assert "/reauthenticate/" in answer["Location"]
    assert not SecurityLog.objects.filter(event="export").exists()


def test_leader_exports_touches_without_names(session, leader):
    row = touch(0).champion

    answer = session(leader).get(reverse("admin:advocacy_touch_export"))

    assert answer.status_code == 200
    assert f"Champion at {row.account}" in answer.content.decode()
    assert row.contact.last_name not in answer.content.decode()
