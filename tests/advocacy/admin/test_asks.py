"""Asks on the screen: what the list says to whom, and the moves as buttons."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from advocacy.actions.ask import reserve_ask
from advocacy.choices import AskState, Use
from advocacy.models import Ask
from tests.factories.accounts import OpportunityFactory
from tests.factories.advocacy import AskFactory, ChampionFactory, CompanyGrantFactory, GrantFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/advocacy/ask/"


@pytest.fixture
def reserved(marketer):
    now = timezone.now()
    champion = ChampionFactory(joined_at=now - dt.timedelta(days=30), contact__first_name="Zephyrine")
    GrantFactory(champion=champion)
    CompanyGrantFactory(account=champion.account)
    return reserve_ask(champion=champion, use=Use.CALL, by=marketer, at=now)


def act(row, name):
    return reverse("admin:advocacy_ask_act", args=[row.pk, name])


def test_ask_is_sent_accepted_and_done_by_buttons(client, marketer, reserved):
    client.force_login(marketer)
    today = timezone.now().date().isoformat()

    client.post(act(reserved, "send"))
    client.post(act(reserved, "accept"), {"channel": "phone"})
    client.post(act(reserved, "complete"), {"done_on": today, "actual_minutes": "40"})

    row = Ask.objects.get(pk=reserved.pk)
    assert (row.state, row.actual_minutes, row.answer_channel) == (AskState.DONE, 40, "phone")
    page = client.get(reverse("admin:advocacy_ask_change", args=[row.pk])).content.decode()
    assert "Zephyrine" in page
    assert "Consumed" in page


def test_page_offers_only_the_moves_of_the_state(client, marketer, reserved):
    client.force_login(marketer)

    page = client.get(reverse("admin:advocacy_ask_change", args=[reserved.pk])).content.decode()

    assert act(reserved, "send") in page
    assert act(reserved, "withdraw") in page
    assert act(reserved, "complete") not in page
    assert client.post(act(reserved, "complete"), {}).status_code == 403


def test_answers_end_an_ask_and_refusals_come_back_in_words(client, marketer):
    client.force_login(marketer)
    declined, later = AskFactory(state=AskState.SENT), AskFactory(state=AskState.SENT)

    client.post(act(declined, "decline"), {"channel": "email", "reason": "too_busy", "note": ""})
    page = client.post(act(later, "later"), {"channel": "email", "until": "2020-01-01", "note": ""}).content.decode()

    assert Ask.objects.get(pk=declined.pk).decline_reason == "too_busy"
    assert "Choose a day from tomorrow to a year ahead." in page
    assert Ask.objects.get(pk=later.pk).state == AskState.SENT


@pytest.mark.parametrize(("name", "answer"), [("miss", {"missed_by": "us"}), ("cancel", {"canceled_by": "us"})])
def test_agreed_ask_that_does_not_take_place(client, marketer, name, answer):
    client.force_login(marketer)
    row = AskFactory(state=AskState.ACCEPTED)

    client.post(act(row, name), answer)

    assert Ask.objects.get(pk=row.pk).missed_by == "us"


def test_seller_sees_the_asks_of_the_team_without_name_score_or_page(client, seller):
    mine = AskFactory(
        opportunity=OpportunityFactory(owner=seller), champion__contact__first_name="Zephyrine", willingness="61.50"
    )
    AskFactory(champion__contact__first_name="Ikarion")
    client.force_login(User.objects.get(pk=seller.pk))

    page = client.get(LIST).content.decode()

    assert "A champion" in page
    assert "Zephyrine" not in page
    assert "Predicted" not in page
    assert client.get(reverse("admin:advocacy_ask_change", args=[mine.pk])).status_code == 403


def test_filters_find_open_overridden_and_logged(client, marketer):
    client.force_login(marketer)
    AskFactory(champion__contact__first_name="Openly")
    AskFactory(state=AskState.EXPIRED, gates=["resting"], champion__contact__first_name="Passed")
    AskFactory(
        state=AskState.LOGGED,
        channel="phone",
        outcome="asked",
        asked_on=dt.date(2026, 2, 1),
        over_budget=True,
        champion__contact__first_name="Logged-One",
    )

    def shown(**asked):
        page = client.get(LIST, asked).content.decode()
        return {name for name in ("Openly", "Passed", "Logged-One") if name in page}

    assert shown(state="open") == {"Openly"}
    assert shown(overridden="1") == {"Passed"}
    assert shown(logged="1") == shown(logged="over") == {"Logged-One"}
    assert shown(state="expired", use="call") == {"Passed"}
