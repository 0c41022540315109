"""Naming and taking back touches on the page of a deal: asked, done once, undone, and said while it is computed."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from advocacy.actions.attribution import attribute_changes
from advocacy.models import Activity, AttributionDirty, Encounter, Touch
from tests.advocacy.attribution.tenant import act, day, deal, meet
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db


def name_address(opportunity):
    return reverse("admin:accounts_opportunity_act", args=[opportunity.pk, "name-touch"])


def page_address(opportunity):
    return reverse("admin:accounts_opportunity_change", args=[opportunity.pk])


def undo_address(row, name):
    return reverse(f"admin:advocacy_{row._meta.model_name}_act", args=[row.pk, name])


def page_of(client, opportunity):
    return client.get(page_address(opportunity)).content.decode()


def said(**answers):
    return {"role": "influenced", "kind": "conversation", **answers}


@pytest.fixture
def maya(client, marketer):
    client.force_login(marketer)
    return marketer


def test_marketer_names_a_known_activity(client, maya):
    opportunity, activity = deal(), act(5)

    for _ in range(2):
        client.post(name_address(opportunity), said(activity=activity.pk))

    touch = Touch.objects.current().get(opportunity=opportunity)
    assert touch.encounter.named_by == maya
    assert touch.activity == activity
    said_by = client.get(reverse("admin:advocacy_encounter_change", args=[touch.encounter_id])).content.decode()
    assert f"named by {maya}" in said_by


def test_marketer_names_what_nobody_had_recorded(client, maya):
    opportunity, champion = deal(), ChampionFactory()
    new = {"champion": champion.pk, "activity_kind": "speaking", "title": "Keynote", "occurred_at": "2026-02-01T10:00"}

    answer = client.post(name_address(opportunity), said(**new, role="sourced"))

    assert answer["Location"] == page_address(opportunity)
    assert Activity.objects.get(champion=champion).kind == "speaking"
    assert Touch.objects.current().get(opportunity=opportunity).role == "sourced"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({}, "Choose an activity above, or say who did what and when."),
        ({"role": "bought"}, "Select a valid choice."),
        ({"activity": "0"}, "It was withdrawn, or repeats another"),
    ],
)
def test_wrong_answers_come_back_beside_their_fields(client, maya, answers, sentence):
    opportunity = deal()

    answer = client.post(name_address(opportunity), said(**answers))

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Encounter.objects.exists()


def test_meeting_in_the_future_is_refused_beside_its_moment(client, maya):
    opportunity, activity = deal(), act(5)

    answer = client.post(name_address(opportunity), said(activity=activity.pk, occurred_at="2190-01-01T10:00"))

    assert "This has not happened yet" in answer.content.decode()
    assert not Encounter.objects.exists()


@pytest.mark.parametrize("role", ["leader", "auditor", "administrator"])
def test_who_only_reads_names_nothing(client, role, request):
    client.force_login(request.getfixturevalue(role))
    opportunity, activity = deal(), act(5)

    answer = client.post(name_address(opportunity), said(activity=activity.pk))

    assert answer.status_code == 403
    assert "Attribution is run by customer marketers." in answer.content.decode()
    assert name_address(opportunity) not in page_of(client, opportunity)
    assert not Encounter.objects.exists()


def test_seller_of_another_team_does_not_find_the_deal(client, other_seller):
    client.force_login(other_seller)

    assert client.get(name_address(deal())).status_code == 404


def test_page_says_that_credit_is_computed_until_it_is(client, maya):
    opportunity, activity = deal(), act(5)
    attribute_changes(at=timezone.now())
    before = page_of(client, opportunity)

    client.post(name_address(opportunity), said(activity=activity.pk))
    waiting = page_of(client, opportunity)
    attribute_changes(at=timezone.now())
    after = page_of(client, opportunity)

    assert [("is being computed" in page) for page in (before, waiting, after)] == [False, True, False]
    assert 'hx-select=".clg-panels"' in waiting


def test_marks_of_other_deals_leave_the_page_alone(client, maya):
    opportunity = deal()
    attribute_changes(at=timezone.now())

    meet(5, opportunity=deal())

    assert AttributionDirty.objects.exists()
    assert not AttributionDirty.objects.reaching(opportunity).exists()
    assert "is being computed" not in page_of(client, opportunity)


def test_touch_is_taken_back_with_a_reason_and_restored(client, maya):
    opportunity = deal()
    encounter = meet(5, opportunity=opportunity)
    attribute_changes(at=timezone.now())
    assert undo_address(encounter, "withdraw") in page_of(client, opportunity)
    assert "1 deal" in client.get(undo_address(encounter, "withdraw")).content.decode()

    client.post(undo_address(encounter, "withdraw"), {"reason": "Another vendor of that name."})
    page = page_of(client, opportunity)

    assert "1 touch taken back" in page
    assert "Another vendor of that name." in page
    assert undo_address(encounter, "restore") in page

    client.post(undo_address(encounter, "restore"))

    assert "taken back" not in page_of(client, opportunity)
    assert Touch.objects.current().get(opportunity=opportunity).void_reason == ""


def test_reader_without_the_right_sees_what_was_taken_back_without_the_way(client, leader):
    opportunity = deal()
    encounter = meet(5, opportunity=opportunity)
    Encounter.objects.filter(pk=encounter.pk).update(withdrawn_at=day(9), withdrawn_reason="not ours")
    attribute_changes(at=timezone.now())
    client.force_login(leader)

    page = page_of(client, opportunity)

    assert "1 touch taken back" in page
    assert undo_address(encounter, "restore") not in page


def test_suggestions_tell_acts_of_one_title_apart(client, maya):
    activity = act(5)
    field = {"app_label": "advocacy", "model_name": "encounter", "field_name": "activity", "term": "Call"}

    (found,) = client.get("/admin/autocomplete/", field).json()["results"]

    assert found["text"] == f"Call · {activity.champion.contact}, 15 Jan 2026"
