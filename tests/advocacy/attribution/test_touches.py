"""What other parts are told of a deal's touches."""

from __future__ import annotations

import pytest

from advocacy.actions.attribution import attribute_changes
from advocacy.actions.encounter import withdraw_encounter
from advocacy.attribution.touches import touches_for_opportunities
from tests.advocacy.attribution.tenant import AT, day, deal, meet

pytestmark = pytest.mark.django_db


def test_touches_say_whether_they_count():
    theirs, other = deal(), deal()
    sourced = meet(-5, opportunity=theirs, role="sourced")
    too_early = meet(-300, opportunity=theirs)
    void = meet(2, opportunity=theirs)
    meet(3, opportunity=other)
    withdraw_encounter(encounter=void, reason="not us", at=AT)
    attribute_changes(at=AT)

    found = touches_for_opportunities([theirs.pk], AT)

    assert list(found) == [theirs.pk]
    assert [
        (touch.activity_id, touch.is_void, touch.is_counted_sourced, touch.is_counted_influenced)
        for touch in found[theirs.pk]
    ] == [
        (too_early.activity_id, False, False, False),
        (sourced.activity_id, False, True, True),
        (void.activity_id, True, False, False),
    ]


def test_what_has_not_happened_yet_is_left_out():
    theirs = deal()
    early, late = meet(1, opportunity=theirs), meet(9, opportunity=theirs)

    found = touches_for_opportunities([theirs.pk], day(5))

    assert [touch.activity_id for touch in found[theirs.pk]] == [early.activity_id]
    assert late.activity_id not in {touch.activity_id for touch in found[theirs.pk]}
    assert touches_for_opportunities([theirs.pk], day(0)) == {}


def test_many_deals_are_one_statement(django_assert_num_queries):
    deals = [deal() for _ in range(6)]
    for theirs in deals:
        meet(1, opportunity=theirs)

    with django_assert_num_queries(1):
        found = touches_for_opportunities([theirs.pk for theirs in deals], AT)

    assert {key: len(rows) for key, rows in found.items()} == {theirs.pk: 1 for theirs in deals}
