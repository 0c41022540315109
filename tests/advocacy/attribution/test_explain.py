"""The explanation of one deal: every field from stored rows, in the same number of queries whatever its length."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CrmSource, Opportunity
from advocacy.actions.activity import record_activity, withdraw_activity
from advocacy.actions.attribution import attribute_changes
from advocacy.actions.encounter import record_encounter
from advocacy.attribution.explain import Reader, explain_deal, explain_line, reason_of
from advocacy.attribution.rules import rule_of
from advocacy.choices import ActivityKind, EncounterKind
from advocacy.models import Activity, AttributionModel, AttributionRun, Credit, CreditHead
from tests.factories.accounts import IdentityFactory, OpportunityFactory, SourceFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db

OPENED = dt.datetime(2026, 1, 8, 9, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 5, 1, 6, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def source() -> CrmSource:
    return SourceFactory(slug="crm")


@pytest.fixture
def deal(source: CrmSource) -> Opportunity:
    """Won on 30 April for 48 000.00 USD; three touches on the path, one too early."""
    deal = OpportunityFactory.create(
        amount=Decimal("48000.00"),
        opened_at=OPENED,
        outcome="won",
        closed_at=dt.datetime(2026, 4, 30, 12, tzinfo=dt.UTC),
    )
    IdentityFactory(source=source, object_type="opportunity", external_id="006A1", account=None, opportunity=deal)
    champion = ChampionFactory()
    IdentityFactory(source=source, object_type="contact", external_id="003A7", account=None, contact=champion.contact)
    for number, day in enumerate([-330, 25, 60, 90]):
        meet(deal, champion, number, OPENED + day * DAY)
    attribute_changes(at=NOW)
    return deal


def meet(deal: Opportunity, champion: Any, number: int, occurred_at: dt.datetime) -> Activity:
    activity = record_activity(
        champion=champion,
        kind=ActivityKind.CASE_STUDY,
        title=f"Study {number}",
        occurred_at=occurred_at,
        source="crm:crm",
        source_ref=f"cs-{number}",
        at=NOW,
    )
    record_encounter(
        activity=activity,
        kind=EncounterKind.CONTENT,
        occurred_at=occurred_at,
        source="share_view",
        source_ref=f"view-{number}",
        opportunity=deal,
        given_rung=2,
        at=NOW,
    )
    return activity


def model(key: str) -> AttributionModel:
    return AttributionModel.objects.select_related("current_version__model").get(key=key)


def explained(deal: Opportunity, key: str = "influenced-u", **how: Any) -> dict[str, Any]:
    return explain_deal(deal, model(key), at=NOW, **how)


def test_the_head_of_the_answer(deal: Opportunity, source: CrmSource) -> None:
    answer = explained(deal, reader=Reader(source=source))

    head = CreditHead.objects.get(opportunity=deal, model__key="influenced-u")
    run = AttributionRun.objects.get()
    assert answer["deal"] == {
        "id": deal.name_outside,
        "external_id": "006A1",
        "kind": "new_business",
        "outcome": "won",
        "opened_at": "2026-01-08T09:00:00Z",
        "closed_at": "2026-04-30T12:00:00Z",
    }
    assert answer["model"] == {
        "key": "influenced-u",
        "version": 1,
        "question": "influenced",
        "family": "positions",
        "parameters": {"preset": "u"},
        "anchor": "closed",
        "window_days": 180,
        "dedupe": "collapse",
        "rungs": ["explicit", "contact_role", "account_contact", "account"],
        "sides": ["peer", "family"],
    }
    assert answer["run"] == {"id": run.name_outside, "as_of": "2026-05-01T06:00:00Z", "frozen_name": None}
    assert (answer["attribution_id"], answer["generation"]) == (head.name_outside, 1)
    assert (answer["scope"], answer["state"], answer["flags"]) == ("in", "lines", [])


def test_the_moments_and_the_money(deal: Opportunity) -> None:
    answer = explained(deal)

    assert answer["basis"] == {"amount": "48000.00", "currency": "USD"}
    assert answer["reporting"] == {
        "amount": "48000.00",
        "currency": "USD",
        "rate": "1.0000000000",
        "rate_on": None,
    }
    assert answer["anchor_at"] == "2026-04-30T12:00:00Z"
    assert answer["window_from"] == "2025-07-12T09:00:00Z"
    assert answer["milestones"] == {"opened": "2026-01-08T09:00:00Z", "closed": "2026-04-30T12:00:00Z"}
    assert answer["restart_at"] is None
    assert answer["check"] == {
        "micros": 1_000_000,
        "amount": "48000.00",
        "reporting_amount": "48000.00",
        "adds_up": True,
    }


def test_a_line_says_who_how_much_and_why(deal: Opportunity, source: CrmSource) -> None:
    answer = explained(deal, reader=Reader(source=source))

    line = answer["lines"][0]
    activity = Activity.objects.get(source_ref="cs-1")
    assert line == {
        "line": 1,
        "touch_id": answer["path"][0],
        "unattributed_reason": None,
        "activity": {
            "id": activity.name_outside,
            "external_id": "cs-1",
            "kind": "case_study",
            "title": "Study 1",
        },
        "champion": {"id": activity.champion.name_outside, "contact_external_id": "003A7"},
        "occurred_at": "2026-02-02T09:00:00Z",
        "rung": "contact_role",
        "side": "peer",
        "source": "share_view",
        "positions": ["first"],
        "raw": "400000",
        "raw_total": "1000000",
        "share": "2/5",
        "credit_micros": 400_000,
        "amount": "19200.00",
        "reporting_amount": "19200.00",
        "sentence": "First of 3 eligible touches; this model gives the first 40 %. Tied to the deal because the"
        " person met has a role on it.",
    }
    assert [each["positions"] for each in answer["lines"]] == [["first"], ["middle"], ["last"]]


def test_acts_of_another_source_keep_their_ids(deal: Opportunity) -> None:
    other: Any = SourceFactory()
    for reader in (Reader(), Reader(source=other)):
        answer = explained(deal, reader=reader)

        assert {line["activity"]["external_id"] for line in (*answer["lines"], *answer["rejected"])} == {None}


def test_a_refused_touch_says_why(deal: Opportunity, source: CrmSource) -> None:
    (refused,) = explained(deal, reader=Reader(source=source))["rejected"]

    activity = Activity.objects.get(source_ref="cs-0")
    assert refused["activity"] == {"id": activity.name_outside, "external_id": "cs-0", "kind": "case_study"}
    assert (refused["reason"], refused["occurred_at"]) == ("outside_window", "2025-02-12T09:00:00Z")
    assert refused["sentence"] == "Happened more than 180 days before the deal was opened."


def test_the_other_models_of_the_deal_are_named_with_what_they_credit(deal: Opportunity) -> None:
    others = {each["key"]: each["credited_amount"] for each in explained(deal)["other_models"]}

    assert others == {
        "influenced-decay": "48000.00",
        "influenced-last": "48000.00",
        "influenced-linear": "48000.00",
        "sourced-first": "0.00",
    }


def test_a_model_that_credits_nothing_explains_its_line(deal: Opportunity) -> None:
    answer = explained(deal, "sourced-first")

    (line,) = answer["lines"]
    assert (line["touch_id"], line["activity"], line["positions"]) == (None, None, [])
    assert line["unattributed_reason"] == "no_eligible_touch"
    assert line["sentence"] == "Activities met this deal, but this model admits none of them."
    assert {each["reason"] for each in answer["rejected"]} == {"role_not_sourced"}


def test_a_past_run_is_explained_as_it_was(deal: Opportunity) -> None:
    first_run = AttributionRun.objects.get()
    withdraw_activity(activity=Activity.objects.get(source_ref="cs-3"), reason="not ours", at=NOW)
    attribute_changes(at=NOW + DAY)

    now, then = explained(deal), explained(deal, run=first_run)

    assert (now["generation"], len(now["path"])) == (2, 2)
    assert [each["reason"] for each in now["rejected"]] == ["outside_window", "withdrawn"]
    assert (then["generation"], len(then["path"]), then["attribution_id"]) == (1, 3, None)
    assert [(each["generation"], each["cause"]) for each in now["history"]] == [(2, "withdrawal"), (1, "deal")]


def test_a_deal_out_of_scope_answers_with_its_scope_and_no_lines(deal: Opportunity) -> None:
    Opportunity.objects.filter(pk=deal.pk).update(kind="renewal")
    attribute_changes(at=NOW)

    answer = explained(deal, "sourced-first")

    assert (answer["scope"], answer["state"]) == ("kind_out_of_scope", "closed")
    assert answer["lines"] == []
    assert answer["sentence"] == "This model does not cover deals of this kind."


@pytest.mark.parametrize(
    ("change", "scope"),
    [
        ({}, "not_computed_yet"),
        ({"opened_at": NOW + DAY}, "not_opened_yet"),
        ({"kind": "renewal"}, "kind_out_of_scope"),
    ],
)
def test_a_deal_that_no_run_wrote_says_why(change: dict[str, Any], scope: str) -> None:
    new = OpportunityFactory.create(**change)

    assert explained(new, "sourced-first")["scope"] == scope


def nobody(champion: object) -> bool:
    return False


def test_without_sight_of_champions_neither_they_nor_titles_are_named(deal: Opportunity) -> None:
    answer = explained(deal, reader=Reader(shows=nobody, names=nobody))

    assert [line["champion"] for line in answer["lines"]] == [None, None, None]
    assert [line["activity"]["title"] for line in answer["lines"]] == [None, None, None]
    assert answer["deal"]["external_id"] is None


def test_one_line_is_its_element_with_deal_model_and_run(deal: Opportunity) -> None:
    whole = explained(deal)
    credit = Credit.objects.get(credit_set__head__model__key="influenced-u", line_no=2)

    answer = explain_line(credit)

    assert answer == {
        "deal": whole["deal"],
        "model": whole["model"],
        "run": whole["run"],
        **whole["lines"][1],
    }


def test_the_reason_of_a_line_is_built_on_reading(deal: Opportunity) -> None:
    credit = Credit.objects.select_related("credit_set__model_version__model", "touch").get(
        credit_set__head__model__key="influenced-u", line_no=1
    )
    rule = rule_of(credit.credit_set.model_version)

    assert reason_of(rule, credit, credit.touch, places=3, raw_total=1_000_000) == {
        "rule": "positions",
        "positions": ["first"],
        "n": 3,
        "raw": "400000",
        "raw_total": "1000000",
        "rung": "contact_role",
        "source": "share_view",
    }


def test_the_number_of_queries_does_not_grow_with_the_deal(deal: Opportunity, source: CrmSource) -> None:
    of_the_model, reader = model("influenced-u"), Reader(source=source)
    with CaptureQueriesContext(
        connection,
    ) as with_three:
        explain_deal(deal, of_the_model, at=NOW, reader=reader)
    for number in range(10, 40):
        meet(deal, ChampionFactory(), number, OPENED + number * DAY)
    attribute_changes(at=NOW)

    with CaptureQueriesContext(connection) as with_many:
        answer = explain_deal(deal, of_the_model, at=NOW, reader=reader)

    assert len(answer["path"]) == 33
    assert len(with_many) == len(with_three) == 6


def test_the_command_prints_the_same_object_and_a_readable_form(deal: Opportunity, source: CrmSource) -> None:
    as_json, as_text = StringIO(), StringIO()

    call_command("attribution_explain", "006A1", model="influenced-u", json=True, stdout=as_json)
    call_command("attribution_explain", "006A1", model="influenced-u", stdout=as_text)

    assert json.loads(as_json.getvalue()) == explained(deal, reader=Reader(source=source))
    assert "006A1 (new_business, won) under influenced-u v1: 48000.00 USD" in as_text.getvalue()
    assert " 40.0000 %       19200.00  case_study: First of 3 eligible touches" in as_text.getvalue()
    assert "adds up: 48000.00 USD" in as_text.getvalue()


@pytest.mark.parametrize(
    ("external_id", "options", "sentence"),
    [
        ("nobody", {"model": "influenced-u"}, "No deal is known as nobody."),
        ("006A1", {"model": "magic"}, "No attribution model is called magic."),
        ("006A1", {"model": "influenced-u", "run": "run_1"}, "No run is called run_1."),
    ],
)
def test_the_command_refuses_what_it_does_not_know(
    deal: Opportunity, external_id: str, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("attribution_explain", external_id, **options)

    assert refused.value.returncode == 2
