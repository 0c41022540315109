"""Acts on selected rows: asked once, done row by row, refusals in words and numbers."""

from __future__ import annotations

import pytest
from django.urls import reverse

from advocacy.choices import Standing
from advocacy.models import Champion, ChampionEvent
from clg.admin import bulk
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:advocacy_champion_changelist")


@pytest.fixture
def nominees():
    addresses = ["zoe@customer.example", "yan@customer.example", "xia@customer.example"]
    return [ChampionFactory(standing=Standing.NOMINATED, contact__email=address) for address in addresses]


def asked(client, name, rows, **answers):
    chosen = {"action": name, "_selected_action": [row.pk for row in rows], **answers}
    return client.post(LIST, chosen, follow=True)


def standings(rows):
    return set(Champion.objects.filter(pk__in=[row.pk for row in rows]).values_list("standing", flat=True))


def test_asking_names_the_rows_and_moves_nobody(client, marketer, nominees):
    client.force_login(marketer)

    page = asked(client, "invite", nominees).content.decode()

    assert "Invite: 3 champions" in page
    assert str(nominees[0]) in page
    assert standings(nominees) == {Standing.NOMINATED}


def test_answered_it_is_done_for_each_row_once(client, marketer, nominees):
    client.force_login(marketer)

    first = asked(client, "invite", nominees, answered="1").content.decode()
    second = asked(client, "invite", nominees, answered="1").content.decode()

    assert "3 of 3 champions: Invited." in first
    assert "3 of 3 champions not done: Cannot invite a champion who is invited. (3)" in second
    assert standings(nominees) == {Standing.INVITED}
    assert ChampionEvent.objects.filter(actor=f"user:{marketer.pk}").count() == 3


def test_refusals_of_some_rows_stop_no_other(client, marketer, nominees):
    silent = ChampionFactory(standing=Standing.NOMINATED, contact__email="")
    active = ChampionFactory(contact__email="wim@customer.example")
    client.force_login(marketer)

    page = asked(client, "invite", [*nominees, silent, active], answered="1").content.decode()

    assert "3 of 5 champions: Invited." in page
    assert "This contact has no email address to invite. (1)" in page
    assert "Cannot invite a champion who is active. (1)" in page
    assert standings([active]) == {Standing.ACTIVE}


def test_answers_of_the_form_hold_for_every_row(client, marketer):
    rows = ChampionFactory.create_batch(2)
    client.force_login(marketer)

    missing = asked(client, "retire", rows, answered="1", reason="").content.decode()
    assert "This field is required." in missing
    assert standings(rows) == {Standing.ACTIVE}

    asked(client, "retire", rows, answered="1", reason="inactive")
    assert standings(rows) == {Standing.RETIRED}


@pytest.mark.parametrize("role", ["leader", "auditor", "administrator", "csm"])
def test_without_the_right_nothing_is_offered_or_done(client, role, request, nominees):
    client.force_login(request.getfixturevalue(role))

    page = asked(client, "invite", nominees, answered="1").content.decode()

    assert 'value="invite"' not in page
    assert standings(nominees) == {Standing.NOMINATED}


def test_more_rows_than_a_person_would_wait_for_are_refused_whole(client, marketer, nominees, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)
    client.force_login(marketer)

    page = asked(client, "invite", nominees, answered="1").content.decode()

    assert "Choose at most 2 at once. Nothing was done." in page
    assert standings(nominees) == {Standing.NOMINATED}
