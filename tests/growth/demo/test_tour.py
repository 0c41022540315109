"""The first stops of the demo: rows that have something to tell."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.choices import Outcome
from advocacy.actions.attribution import attribute_changes
from growth.demo.tour import first_stops
from tests.advocacy.attribution.tenant import AT, day, deal, meet
from tests.clg.admin.rows import champion
from tests.factories.advocacy import ActivityFactory

pytestmark = pytest.mark.django_db


def paths():
    return [path for _, path in first_stops()]


def test_tour_of_an_empty_tenant_stops_at_its_lists():
    assert paths() == [reverse("admin:index"), reverse("admin:advocacy_champion_changelist")]


def test_tour_stops_at_the_ready_champion_with_most_acts():
    champion(0)
    busy = champion(1)
    ActivityFactory(champion=busy)

    assert paths()[2:] == [reverse("admin:advocacy_champion_change", args=[busy.pk])]


def test_tour_prefers_a_won_deal_that_was_sourced_to_one_with_more_touches():
    won = {"outcome": Outcome.WON, "closed_at": day(90), "amount": 100, "currency": "USD"}
    touched, sourced = deal(**won), deal(**won)
    for n in (10, 20, 30):
        meet(n, opportunity=touched)
    meet(-20, opportunity=sourced, role="sourced")
    attribute_changes(at=AT, by="test")

    assert paths()[-1] == reverse("admin:accounts_opportunity_change", args=[sourced.pk])
