"""The home page for each role, empty and with data."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from advocacy.admin.today_cards import acts_card
from advocacy.choices import Standing
from advocacy.models import Touch
from tests.clg.admin.rows import champion, touch
from tests.factories.accounts import AccountFactory, SourceFactory
from tests.factories.advocacy import ActivityFactory, ChampionFactory

pytestmark = pytest.mark.django_db


def page_of(client, person):
    client.force_login(person)
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_empty_tenant_begins_with_a_source(client, administrator):
    page = page_of(client, administrator)

    assert "Nothing here yet" in page
    assert reverse("admin:accounts_crmsource_add") in page


def test_empty_tenant_with_a_source_goes_on_with_a_file(client, marketer):
    SourceFactory()

    assert reverse("admin:accounts_importjob_do", args=["upload"]) in page_of(client, marketer)


def test_marketer_of_an_empty_tenant_hears_who_adds_the_source(client, marketer):
    page = page_of(client, marketer)

    assert "An administrator first names the system" in page
    assert reverse("admin:accounts_importjob_do", args=["upload"]) not in page


def test_marketer_sees_what_waits(client, marketer):
    ChampionFactory(standing=Standing.NOMINATED)

    assert "Nominations wait for a yes or no" in page_of(client, marketer)


def test_suspected_double_waits_for_review(client, marketer):
    first = touch(0)
    same = {"opportunity": first.opportunity, "champion": first.champion}
    second = touch(1, **same, source="calendar", occurred_at=first.occurred_at + dt.timedelta(hours=20))
    touch(2, **same, source="calendar", occurred_at=first.occurred_at - dt.timedelta(hours=25))

    page = page_of(client, marketer)

    assert "Touches to review" in page
    assert set(Touch.objects.to_review()) == {first, second}


def test_weak_touch_without_credit_does_not_wait(marketer):
    touch(0)

    assert not Touch.objects.to_review().exists()


def test_nothing_waiting_is_said(client, marketer):
    AccountFactory()

    assert "Nothing waits for you" in page_of(client, marketer)


def test_sourced_and_influenced_are_figures_and_charts_of_their_own(client, marketer):
    AccountFactory()

    page = page_of(client, marketer)

    assert page.count('<i class="key sourced"></i>') == 3
    assert page.count('<i class="key influenced"></i>') == 3


def test_figures_count_ready_champions_and_the_acts_of_thirty_days(client, marketer):
    champion(0)
    now = timezone.now()
    for days in (1, 29, 31, 70):
        ActivityFactory(occurred_at=now - dt.timedelta(days=days))

    cards = acts_card(marketer, now)

    assert (cards.figure, cards.text) == ("2", "in the 30 days before: 1")
    assert "Champions who are ready" in page_of(client, marketer)


def test_leader_sees_movers_without_names(client, leader):
    row = champion(0)

    page = page_of(client, leader)

    assert f"Champion at {row.account}" in page
    assert row.contact.last_name not in page


def test_person_without_role_sees_an_empty_house(client, nobody):
    champion(0)

    page = page_of(client, nobody)

    assert "an administrator gives roles" in page
    assert "import_crm" not in page
    assert "are ready" not in page


def test_home_asks_as_often_for_many_champions(client, marketer):
    client.force_login(marketer)
    champion(0)
    client.get(reverse("admin:index"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("admin:index"))
    for number in range(1, 9):
        champion(number)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("admin:index"))

    assert len(many) == len(few)
