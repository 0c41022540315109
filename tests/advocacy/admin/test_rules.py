"""The rules of asking on the screen: kept by marketers, checked before they are stored."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from advocacy.models import BlackoutPeriod, EffortBudget, UseRule
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db


def page(row):
    return reverse(f"admin:advocacy_{row._meta.model_name}_change", args=[row.pk])


def add(client, model, answers):
    return client.post(f"/admin/advocacy/{model._meta.model_name}/add/", answers)


def test_budget_is_added_with_who_made_it(client, marketer):
    client.force_login(marketer)
    answers = {"scope": "segment", "segment": "Enterprise", "person_minutes": "120", "valid_from": "2026-01-01"}

    add(client, EffortBudget, {**answers, "use_caps": '{"call": 2}'})

    row = EffortBudget.objects.get(segment="Enterprise")
    assert (row.person_minutes, row.use_caps, row.made_by) == (120, {"call": 2}, marketer)


@pytest.mark.parametrize("caps", ['{"dance": 2}', '{"call": "2"}', '{"call": -1}', '{"call": true}', "[1]"])
def test_caps_that_no_gate_could_read_are_refused(client, marketer, caps):
    client.force_login(marketer)
    answers = {"scope": "segment", "segment": "Enterprise", "valid_from": "2026-01-01", "use_caps": caps}

    shown = add(client, EffortBudget, answers).content.decode()

    assert "Name uses and asks from 0 to 1,000" in shown
    assert not EffortBudget.objects.filter(segment="Enterprise").exists()


def test_rule_names_what_its_scope_says(client, marketer):
    client.force_login(marketer)
    days = {"first_day": "2026-12-24", "last_day": "2026-12-26", "reason": "Holidays"}

    assert "Name what the scope says" in add(client, BlackoutPeriod, {"scope": "country", **days}).content.decode()
    assert "Two letters" in add(client, BlackoutPeriod, {"scope": "country", "country": "1x", **days}).content.decode()
    add(client, BlackoutPeriod, {"scope": "country", "country": "de", **days})

    assert BlackoutPeriod.objects.get().country == "DE"


def test_own_wish_of_a_person_is_changed_by_nobody_of_ours(client, marketer):
    day = dt.date(2026, 8, 1)
    row = BlackoutPeriod.objects.create(
        scope="champion", champion=ChampionFactory(), first_day=day, last_day=day, reason="Leave", by_person=True
    )
    client.force_login(marketer)

    assert client.get(page(row)).status_code == 200
    assert client.post(page(row), {"reason": "Never mind"}).status_code == 403


def test_leader_sees_a_champions_rule_without_name_or_page(client, leader):
    day = dt.date(2026, 8, 1)
    champion = ChampionFactory(contact__first_name="Zephyrine")
    row = EffortBudget.objects.create(scope="champion", champion=champion, person_minutes=30, valid_from=day)
    client.force_login(leader)

    shown = client.get("/admin/advocacy/effortbudget/").content.decode()

    assert f"Champion at {champion.account}" in shown
    assert "Zephyrine" not in shown
    assert client.get(page(row)).status_code == 403


def test_use_is_edited_but_not_its_base(client, marketer):
    row = UseRule.objects.get(use="call")
    client.force_login(marketer)
    answers = {"needs_person": "on", "needs_company": "on", "rest_days": "7", "cap": "3"}

    client.post(page(row), {**answers, "minutes": "50", "base_percent": "99"})

    again = UseRule.objects.get(use="call")
    assert (again.minutes, again.rest_days, again.base_percent) == (50, 7, row.base_percent)
