"""Champions of contacts that are merged."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.actions.merge import merge_duplicates, undo_merge
from advocacy.choices import Standing
from advocacy.models import Activity, Champion
from tests.factories.accounts import ContactFactory, UserFactory
from tests.factories.advocacy import ActivityFactory, ChampionFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def standings():
    columns = ("pk", "contact", "standing", "standing_reason", "standing_since", "rests_until", "joined_at")
    return set(Champion.objects.values_list(*columns)), set(Activity.objects.values_list("pk", "champion"))


def merge(winner, *losers):
    return merge_duplicates(winner=winner, losers=losers, at=AT).event


def test_the_only_champion_follows_the_contact():
    winner, champion = ContactFactory(), ChampionFactory()

    merge(winner, champion.contact)

    champion.refresh_from_db()
    assert champion.contact == winner


def test_the_winners_champion_takes_acts_and_the_standing_that_went_furthest():
    stays = ChampionFactory(standing=Standing.NOMINATED)
    leaves = ChampionFactory(standing=Standing.RESTING, rests_until=AT + dt.timedelta(days=9))
    act = ActivityFactory(champion=leaves)

    event = merge(stays.contact, leaves.contact)

    for row in (stays, leaves, act):
        row.refresh_from_db()
    assert (stays.standing, stays.rests_until) == (Standing.RESTING, leaves.rests_until)
    assert (leaves.standing, leaves.standing_reason, act.champion) == (Standing.RETIRED, "duplicate", stays)
    assert stays.events.get().action == leaves.events.get().action == "merge"
    assert event.manifest["keys"]["advocacy.Champion.contact"]["acts"] == {str(stays.pk): {str(leaves.pk): [act.pk]}}


def test_undo_gives_champions_their_contacts_acts_and_standings_back():
    stays = ChampionFactory(standing=Standing.NOMINATED)
    others = [ChampionFactory(standing=Standing.ACTIVE, joined_at=AT), ChampionFactory(standing=Standing.ACTIVE)]
    for champion in (stays, *others):
        ActivityFactory(champion=champion)
    before = standings()
    event = merge(stays.contact, *(champion.contact for champion in others))

    undo_merge(event=event, by=UserFactory(), at=AT)

    assert standings() == before
    assert event.kept == {}


def test_undo_leaves_a_champion_who_moved_on_since():
    stays, leaves = ChampionFactory(standing=Standing.ACTIVE), ChampionFactory(standing=Standing.ACTIVE)
    act = ActivityFactory(champion=leaves)
    third = ChampionFactory()
    event = merge(stays.contact, leaves.contact)
    Activity.objects.filter(pk=act.pk).update(champion=third)

    undo_merge(event=event, by=UserFactory(), at=AT)

    act.refresh_from_db()
    assert act.champion == third
    assert event.kept == {"advocacy.Champion.contact": {"acts": {str(leaves.pk): [act.pk]}}}
