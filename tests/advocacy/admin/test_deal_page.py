"""The deal panel: the two answers apart, every cent, every refusal, and nothing for those who may not see it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Outcome
from accounts.models import Opportunity
from advocacy.actions.activity import record_activity
from advocacy.actions.attribution import attribute_changes
from advocacy.actions.encounter import record_encounter
from tests.factories.accounts import OpportunityFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
OPENED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def deal():
    return OpportunityFactory(
        amount=Decimal("100.01"), outcome=Outcome.WON, closed_at=OPENED + dt.timedelta(days=100), opened_at=OPENED
    )


def met(deal, *, day, title="Reference call", role="influenced"):
    """A champion's act met the deal on a day counted from its opening."""
    champion = ChampionFactory(contact__first_name="Zoe", contact__last_name="Quill")
    moment = OPENED + dt.timedelta(days=day)
    ref = f"{title} {day}"
    act = record_activity(
        champion=champion, kind="reference_call", title=title, occurred_at=moment, source="test", source_ref=ref, at=AT
    )
    return record_encounter(
        activity=act,
        kind="conversation",
        occurred_at=moment,
        source="test",
        source_ref=ref,
        at=AT,
        role=role,
        opportunity=deal,
    )


def page_of(client, person, deal, **query):
    client.force_login(person)
    answer = client.get(reverse("admin:accounts_opportunity_change", args=[deal.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_deal_without_credit_says_that_it_comes(client, marketer, deal):
    assert "No credit computed yet" in page_of(client, marketer, deal)


def test_every_cent_is_explained(client, marketer, deal):
    for day in (10, 20, 30):
        met(deal, day=day)
    attribute_changes(at=AT)

    page = page_of(client, marketer, deal)

    assert "3 touches count, 3 of them after the deal opened" in page
    assert page.count("<b>33.34</b>") == 2
    assert page.count("<b>33.33</b>") == 1
    assert '<td data-l="Credit" class="n">100.01</td>' in page
    assert "Zoe Quill" in page


def test_model_is_switched_by_its_link(client, marketer, deal):
    for day in (10, 20, 30):
        met(deal, day=day)
    attribute_changes(at=AT)

    page = page_of(client, marketer, deal, model="influenced-last")

    assert 'href="?model=influenced-linear#model"' in page
    assert page.count("<b>100.01</b>") == 1
    assert "33.34" in page  # the table behind the chart of all models


def test_unknown_model_in_the_address_shows_the_default(client, marketer, deal):
    met(deal, day=10)
    attribute_changes(at=AT)

    assert "Influenced, linear, v1" in page_of(client, marketer, deal, model="<script>alert(1)</script>")


def test_refused_touch_says_why(client, marketer, deal):
    met(deal, day=10)
    met(deal, day=-400, title="Old webinar")
    attribute_changes(at=AT)

    page = page_of(client, marketer, deal)

    assert "1 touch earns nothing here, and why" in page
    assert "outside_window" in page


def test_sourced_and_influenced_are_answered_apart(client, marketer, deal):
    met(deal, day=-10, role="sourced", title="Introduction")
    attribute_changes(at=AT)

    page = page_of(client, marketer, deal)

    assert page.count("<b>USD\N{NO-BREAK SPACE}100.01</b>") == 2
    assert "The deal exists because of advocacy: Introduction, Zoe Quill, 22 Dec 2025." in page


def test_deal_without_an_amount_shows_an_unknown_one_and_not_zero(client, marketer, deal):
    met(deal, day=10)
    Opportunity.objects.filter(pk=deal.pk).update(amount=None)
    attribute_changes(at=AT)

    page = page_of(client, marketer, deal)

    assert "The CRM tells no amount, so there is none to divide." in page
    assert "Share of an amount that is not known" in page
    assert "<b>USD 0.00</b>" not in page


def test_leader_reads_companies_instead_of_persons(client, leader, deal):
    met(deal, day=10)
    attribute_changes(at=AT)

    page = page_of(client, leader, deal)

    assert "Champion at " in page
    assert "Zoe Quill" not in page


def test_seller_of_another_team_gets_nothing(client, other_seller, deal):
    client.force_login(other_seller)

    answer = client.get(reverse("admin:accounts_opportunity_change", args=[deal.pk]))

    assert answer.status_code == 404


def test_page_asks_as_often_for_twelve_touches_as_for_two(client, marketer, deal):
    other = OpportunityFactory(amount=Decimal("500.00"), opened_at=OPENED)
    for day in (1, 2):
        met(deal, day=day)
    for day in range(3, 15):
        met(other, day=day)
    attribute_changes(at=AT)
    page_of(client, marketer, deal)

    with CaptureQueriesContext(connection) as few:
        page_of(client, marketer, deal)
    with CaptureQueriesContext(connection) as many:
        page_of(client, marketer, other)

    assert len(many) == len(few)
