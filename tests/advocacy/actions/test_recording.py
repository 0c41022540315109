"""Recording, withdrawing, restoring and marking duplicates: refusals, repeats, events."""

from __future__ import annotations

import datetime as dt

import pytest

from advocacy.actions.activity import mark_duplicate_activity, restore_activity, withdraw_activity
from advocacy.actions.encounter import restore_encounter, withdraw_encounter
from advocacy.errors import DuplicateChain, InTheFuture, NoBuyerIdentity, RungNeedsOpportunity, SourcedNeedsOpportunity
from advocacy.models import Activity, Encounter, Touch
from clg.models import OutboxEvent
from tests.advocacy.attribution.tenant import AT, act, day, deal, meet
from tests.factories.accounts import AccountFactory

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("type", flat=True))


def test_the_same_twice_is_one_row_and_one_event():
    theirs, champion = deal(), act().champion
    OutboxEvent.objects.all().delete()

    first = act(source_ref="x", champion=champion)
    second = act(source_ref="x", champion=champion)
    met = [meet(activity=first, source_ref="y", opportunity=theirs) for _ in range(2)]

    assert first.pk == second.pk
    assert met[0].pk == met[1].pk
    assert told() == ["activity.recorded", "encounter.recorded"]
    assert Touch.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"occurred_at": AT + dt.timedelta(minutes=11)}, InTheFuture),
        ({"role": "sourced", "buyer_domain": "buyer.example"}, SourcedNeedsOpportunity),
        ({"given_rung": 2, "buyer_domain": "buyer.example"}, RungNeedsOpportunity),
        ({"buyer_domain": "gmail.com"}, NoBuyerIdentity),
        ({}, NoBuyerIdentity),
    ],
)
def test_an_encounter_is_refused_and_nothing_written(fields, error):
    activity = act()

    with pytest.raises(error) as refusal:
        meet(activity=activity, **fields)

    assert refusal.value.errors[0].code == error.code
    assert not Encounter.objects.exists()


def test_ten_minutes_ahead_are_clocks_that_differ():
    assert meet(occurred_at=AT + dt.timedelta(minutes=10), buyer_account=AccountFactory()).pk


def test_an_activity_in_the_future_is_refused():
    champion = act().champion

    with pytest.raises(InTheFuture):
        act(champion=champion, occurred_at=AT + dt.timedelta(days=1))

    assert Activity.objects.count() == 1


def test_withdrawing_voids_and_restoring_revives_at_once():
    theirs = deal()
    encounter = meet(opportunity=theirs)
    OutboxEvent.objects.all().delete()

    for _ in range(2):
        withdraw_encounter(encounter=encounter, reason="not us", at=AT)
    assert Touch.objects.get(superseded_at=None).void_reason == "withdrawn"
    for _ in range(2):
        restore_encounter(encounter=encounter, at=AT)

    assert Touch.objects.get(superseded_at=None).void_reason == ""
    assert told() == ["encounter.withdrawn", "encounter.restored"]


def test_a_withdrawn_activity_voids_all_its_touches():
    activity, theirs = act(), deal()
    meet(1, activity=activity, opportunity=theirs)
    meet(2, activity=activity, opportunity=theirs)

    withdraw_activity(activity=activity, reason="not us", at=AT)
    assert set(Touch.objects.filter(superseded_at=None).values_list("void_reason", flat=True)) == {"withdrawn"}
    restore_activity(activity=activity, at=AT)

    assert set(Touch.objects.filter(superseded_at=None).values_list("void_reason", flat=True)) == {""}


def test_withdrawn_wins_over_duplicate():
    original, repeat = act(1), act(2)
    meet(activity=repeat, opportunity=deal())
    mark_duplicate_activity(activity=repeat, duplicate_of=original, at=AT)
    assert Touch.objects.get(superseded_at=None).void_reason == "duplicate_activity"

    withdraw_activity(activity=repeat, reason="not us", at=AT)

    assert Touch.objects.get(superseded_at=None).void_reason == "withdrawn"


def test_duplicates_do_not_chain():
    one, two, three = act(1), act(2), act(3)
    mark_duplicate_activity(activity=two, duplicate_of=one, at=AT)

    for activity, of in ((one, one), (three, two), (one, three)):
        with pytest.raises(DuplicateChain):
            mark_duplicate_activity(activity=activity, duplicate_of=of, at=AT)

    assert Activity.objects.exclude(duplicate_of=None).get().pk == two.pk
    assert mark_duplicate_activity(activity=two, duplicate_of=None, at=AT).duplicate_of is None


def test_days_of_the_tenant():
    assert day(0) + dt.timedelta(days=3) == day(3)
