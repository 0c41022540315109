"""A preview divides as a run would, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advocacy.actions.attribution import attribute_changes
from advocacy.attribution.preview import divide, stages_never_seen
from advocacy.attribution.rules import Rule, rule_of
from advocacy.models import AttributionModel, CreditSet
from tests.advocacy.attribution.tenant import deal, meet, micros, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def opportunity():
    row = deal(amount="100.01")
    for day in (1, 2, 3):
        meet(day, opportunity=row)
    attribute_changes(at=now())
    return row


def test_active_rule_is_divided_as_the_run_did(opportunity):
    rule = rule_of(AttributionModel.objects.get(key="influenced-u").current_version)

    division = divide([rule], [opportunity.pk], at=now())[rule.version_id, opportunity.pk]

    assert [part.micros for part in division.parts] == list(micros("influenced-u", opportunity).values())
    assert sum(part.amount_minor for part in division.parts) == division.basis_minor == 10_001


def test_two_rules_stand_beside_each_other(opportunity):
    linear = Rule(family="positions", parameters={"preset": "linear"}, version_id=0)
    last = replace(linear, parameters={"preset": "last"}, version_id=1)

    found = divide([linear, last], [opportunity.pk], at=now())

    assert [part.micros for part in found[1, opportunity.pk].parts] == [1_000_000]
    assert len(found[0, opportunity.pk].parts) == 3


def test_rule_that_does_not_cover_the_deal_says_why(opportunity):
    rule = Rule(family="positions", parameters={"preset": "first"}, opportunity_kinds=("renewal",))

    division = divide([rule], [opportunity.pk], at=now())[0, opportunity.pk]

    assert (division.closed_reason, division.parts) == ("kind_out_of_scope", ())


def test_nothing_is_written_and_the_next_run_finds_clean_tables(opportunity):
    sets = CreditSet.objects.count()
    rule = Rule(family="positions", parameters={"preset": "last"}, version_id=7)

    divide([rule], [opportunity.pk], at=now())
    meet(4, opportunity=opportunity)
    run = attribute_changes(at=now())

    assert run.deals_total == 1
    assert not CreditSet.objects.filter(model_version=7).exists()
    assert CreditSet.objects.count() > sets


def test_stage_that_no_deal_entered_is_named():
    row = deal()
    row.stages.create(stage="demo", entered_at=row.opened_at)
    rule = Rule(family="positions", parameters={"weights": {"stage:demo": "0.5", "stage:lunch": "0.5"}})

    assert stages_never_seen(rule) == ["lunch"]
