"""Touches to review: what comes up, what each decision stores, and that it can be taken back."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from advocacy.actions.activity import mark_duplicate_activity
from advocacy.actions.attribution import attribute_changes
from advocacy.actions.encounter import record_encounter
from advocacy.actions.touch import accept_touch, mark_double, reopen_touch
from advocacy.choices import Rung
from advocacy.errors import DuplicateChain, EarliestRecord, NoDouble, TouchReplaced
from advocacy.models import Activity, Encounter, Touch, TouchAcceptance
from tests.advocacy.attribution.tenant import AT, act, day, deal, meet
from tests.clg.admin.rows import touch
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:advocacy_touch_changelist")


def act_address(row, name):
    return reverse("admin:advocacy_touch_act", args=[row.pk, name])


def asked(client, name, rows, **answers):
    return client.post(LIST, {"action": name, "_selected_action": [row.pk for row in rows], **answers}, follow=True)


def listed(client, review="1"):
    return client.get(LIST, {"review": review}).content.decode()


@pytest.fixture
def weak():
    """A touch that knows the buyer's company alone, and earns credit by it."""
    opportunity = deal()
    encounter = meet(5, buyer_account=opportunity.account)
    attribute_changes(at=timezone.now())
    return Touch.objects.current().get(encounter=encounter)


@pytest.fixture
def doubles():
    """One call, told by two sources on one day; the earlier record first."""
    opportunity, champion = deal(), ChampionFactory()
    rows = []
    for hour, source in ((0, "crm:north"), (5, "calendar")):
        moment = day(5) + dt.timedelta(hours=hour)
        told = act(5, champion=champion, source=source, occurred_at=moment)
        rows.append(meet(5, activity=told, opportunity=opportunity, source=source, occurred_at=moment))
    return [Touch.objects.current().get(encounter=row) for row in rows]


@pytest.fixture
def maya(client, marketer):
    client.force_login(marketer)
    return marketer


def test_weak_match_with_credit_comes_up_once_and_not_a_sure_one(client, maya, weak):
    meet(5, opportunity=weak.opportunity)

    assert set(Touch.objects.weak_to_review()) == {weak}
    assert set(Touch.objects.to_review()) == {weak}
    assert weak.rung == Rung.ACCOUNT


def test_doubles_within_a_day_come_up_together(doubles):
    assert set(Touch.objects.doubles_to_review()) == set(doubles)
    assert list(Touch.objects.doubles_of(doubles[1])) == [doubles[0]]


def test_accepted_touch_is_asked_no_more_until_it_changes(client, maya, weak):
    for _ in range(2):
        client.post(act_address(weak, "accept"))

    acceptance = TouchAcceptance.objects.get()
    assert (acceptance.touch, acceptance.accepted_by) == (weak, maya)
    assert not Touch.objects.to_review().exists()

    encounter = weak.encounter
    record_encounter(
        activity=encounter.activity,
        kind="event",
        occurred_at=encounter.occurred_at,
        source=encounter.source,
        source_ref=encounter.source_ref,
        buyer_account=encounter.buyer_account,
        at=AT,
    )
    attribute_changes(at=timezone.now())

    assert Touch.objects.to_review().get().encounter == encounter


def test_acceptance_is_taken_back(client, maya, weak):
    client.post(act_address(weak, "accept"))
    client.post(act_address(weak, "reopen"))

    assert Touch.objects.to_review().get() == weak
    assert TouchAcceptance.objects.get().superseded_at is not None
    assert reopen_touch(touch=weak, by=maya, at=AT) is False


def test_touch_that_was_replaced_since_is_not_accepted(marketer, weak):
    Touch.objects.filter(pk=weak.pk).update(superseded_at=timezone.now())

    with pytest.raises(TouchReplaced):
        accept_touch(touch=weak, by=marketer, at=AT)

    assert not TouchAcceptance.objects.exists()


@pytest.mark.parametrize("statement", ["UPDATE {} SET recorded_at = now()", "DELETE FROM {}"])
def test_acceptances_are_history(marketer, weak, statement):
    accept_touch(touch=weak, by=marketer, at=AT)

    with pytest.raises(DatabaseError, match="superseded once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(TouchAcceptance._meta.db_table))


def test_selected_touches_are_accepted_at_once(client, maya, doubles):
    question = asked(client, "accept", doubles).content.decode()
    page = asked(client, "accept", doubles, answered="1").content.decode()

    assert f"Call · {doubles[0].opportunity}" in question
    assert "2 of 2 touches: Accepted." in page
    assert "Nothing to review" in listed(client)


def test_selected_touches_are_withdrawn_with_one_reason(client, maya, weak):
    missing = asked(client, "withdraw", [weak], answered="1", reason="").content.decode()
    assert "This field is required." in missing
    assert not Encounter.objects.exclude(withdrawn_at=None).exists()

    asked(client, "withdraw", [weak], answered="1", reason="Another company of that name.")

    assert Encounter.objects.get(pk=weak.encounter_id).withdrawn_reason == "Another company of that name."
    assert not Touch.objects.to_review().exists()


def test_withdrawal_from_the_page_says_its_reach_and_is_undone(client, maya, weak):
    question = client.get(act_address(weak, "withdraw")).content.decode()
    assert f"It touches 1 deal: {weak.opportunity.name}." in question

    client.post(act_address(weak, "withdraw"), {"reason": "Not them."})
    now = Touch.objects.current().get(encounter=weak.encounter_id)
    assert now.void_reason == "withdrawn"

    client.post(act_address(now, "restore"))
    assert Touch.objects.current().get(encounter=weak.encounter_id).void_reason == ""


def test_double_of_selected_ones_repeats_the_earliest(client, maya, doubles):
    page = asked(client, "double", doubles, answered="1").content.decode()

    first, second = (Activity.objects.get(pk=row.activity_id) for row in doubles)
    assert (first.duplicate_of, second.duplicate_of) == (None, first)
    assert "1 of 2 touches: Marked as a duplicate." in page
    assert "No other record that stands looks like the same act; this one stays. (1)" in page
    assert not Touch.objects.to_review().exists()


def test_which_of_the_doubles_stays_is_chosen_on_the_page(client, maya, doubles):
    first, second = doubles
    assert "told by calendar" in client.get(act_address(first, "double")).content.decode()

    client.post(act_address(first, "double"), {"original": second.activity_id})

    assert Activity.objects.get(pk=first.activity_id).duplicate_of_id == second.activity_id


def test_what_is_no_double_is_refused(marketer, weak, doubles):
    with pytest.raises(NoDouble):
        mark_double(touch=weak, by=marketer, at=AT)
    with pytest.raises(EarliestRecord):
        mark_double(touch=doubles[0], by=marketer, at=AT)
    mark_duplicate_activity(activity=doubles[1].activity, duplicate_of=doubles[0].activity, at=AT)
    with pytest.raises(DuplicateChain):
        mark_double(touch=doubles[0], original=doubles[1].activity, by=marketer, at=AT)


@pytest.mark.parametrize("role", ["leader", "auditor", "administrator"])
@pytest.mark.parametrize("name", ["accept", "withdraw", "double"])
def test_who_only_reads_decides_nothing(client, role, name, request, weak):
    client.force_login(request.getfixturevalue(role))

    page = asked(client, name, [weak], answered="1", reason="no").content.decode()

    assert f'<option value="{name}"' not in page
    assert client.post(act_address(weak, name), {"reason": "no"}).status_code == 403
    assert not TouchAcceptance.objects.exists()
    assert Touch.objects.current().get(pk=weak.pk).void_reason == ""


def test_empty_review_is_good_news(client, maya):
    touch(0, rung=1)

    assert "Nothing to review" in listed(client)
    assert "Nothing to review" in listed(client, "double")


def test_review_asks_as_often_for_300_touches_as_for_3(client, maya):
    def doubled(number):
        first = touch(number)
        same = {"opportunity": first.opportunity, "champion": first.champion}
        touch(number, **same, source="calendar", occurred_at=first.occurred_at)

    for number in range(3):
        doubled(number)
    listed(client)
    with CaptureQueriesContext(connection) as few:
        listed(client)
    for number in range(150):
        doubled(number)
    with CaptureQueriesContext(connection) as many:
        page = listed(client)

    assert len(many) == len(few)
    assert "Looks like a double" in page


def test_page_names_what_looks_like_the_same_act(client, maya, doubles):
    first, second = doubles

    page = client.get(reverse("admin:advocacy_touch_change", args=[second.pk])).content.decode()

    assert "Looks like the same act" in page
    assert "crm:north" in page
    assert reverse("admin:advocacy_touch_change", args=[first.pk]) in page


@pytest.mark.django_db(transaction=True)
def test_eight_people_accepting_at_once_leave_one_acceptance(marketer, weak):
    barrier = Barrier(8)

    def accept(_):
        try:
            barrier.wait()
            accept_touch(touch=weak, by=marketer, at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(accept, range(8)))

    assert TouchAcceptance.objects.get().touch == weak
