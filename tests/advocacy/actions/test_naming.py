"""A person's word that an act met a deal: one touch, on the first rung, undone and renewed."""

from __future__ import annotations

import pytest
from celery import current_app

from advocacy.actions.encounter import withdraw_encounter
from advocacy.actions.naming import name_new_touch, name_touch
from advocacy.choices import Rung
from advocacy.errors import InTheFuture
from advocacy.models import Activity, Encounter, Touch
from clg.events import waking
from tests.advocacy.attribution.tenant import AT, act, day, deal
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db


def test_named_act_touches_the_deal_on_the_first_rung(marketer):
    opportunity, activity = deal(), act(5)

    encounter = name_touch(opportunity=opportunity, activity=activity, role="influenced", by=marketer, at=AT)

    touch = Touch.objects.current().get(opportunity=opportunity)
    assert (touch.rung, touch.source, touch.occurred_at) == (Rung.EXPLICIT, "person", day(5))
    assert encounter.named_by == marketer


def test_naming_twice_is_one_touch_with_the_newest_word(marketer):
    opportunity, activity = deal(), act(-5)

    for role in ("influenced", "influenced", "sourced"):
        name_touch(opportunity=opportunity, activity=activity, role=role, by=marketer, at=AT)

    assert Encounter.objects.count() == 1
    assert Touch.objects.current().get(opportunity=opportunity).role == "sourced"


def test_naming_what_was_taken_back_counts_again(marketer):
    opportunity, activity = deal(), act(5)
    named = {"opportunity": opportunity, "activity": activity, "role": "influenced", "by": marketer, "at": AT}
    withdraw_encounter(encounter=name_touch(**named), reason="wrong deal", by=marketer, at=AT)

    name_touch(**named)

    assert Touch.objects.current().get(opportunity=opportunity).void_reason == ""


def test_act_that_nobody_had_recorded_is_recorded_once(marketer):
    opportunity, champion = deal(), ChampionFactory()
    said = {"activity_kind": "reference_call", "title": "Call with Ann", "role": "influenced", "occurred_at": day(3)}

    for _ in range(2):
        name_new_touch(opportunity=opportunity, champion=champion, **said, by=marketer, at=AT)

    assert Activity.objects.get(champion=champion).title == "Call with Ann"
    assert Touch.objects.current().filter(opportunity=opportunity).count() == 1


def test_touch_in_the_future_is_refused_and_no_act_is_left(marketer):
    said = {"activity_kind": "reference_call", "title": "", "role": "influenced", "occurred_at": day(900)}

    with pytest.raises(InTheFuture):
        name_new_touch(opportunity=deal(), champion=ChampionFactory(), **said, by=marketer, at=AT)

    assert not Activity.objects.exists()


def test_a_person_wakes_the_divider_and_a_job_does_not(marketer, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(current_app._get_current_object(), "send_task", lambda name, **options: sent.append(name))
    monkeypatch.setattr(waking, "_waker", waking._Waker())
    activity = act(5)

    with django_capture_on_commit_callbacks(execute=True):
        encounter = name_touch(opportunity=deal(), activity=activity, role="influenced", by=marketer, at=AT)
    by_person = list(sent)
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_encounter(encounter=encounter, reason="told by the CRM", at=AT)

    assert by_person == ["advocacy.attribute_changes"]
    assert sent == by_person
