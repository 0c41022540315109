"""Acts from pages: offered by the rules, asked once, done by one action, refused in words."""

from __future__ import annotations

import pytest
from django.urls import reverse

from advocacy.choices import Standing
from advocacy.models import Activity, Champion
from tests.factories.accounts import ContactFactory, CustomerFactory
from tests.factories.advocacy import ActivityFactory, ChampionFactory

pytestmark = pytest.mark.django_db


def act_address(row, name):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=[row.pk, name])


def page_address(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def nominee():
    return ChampionFactory(standing=Standing.NOMINATED, contact__email="zoe@customer.example")


def test_page_offers_the_moves_of_the_standing(client, marketer, nominee):
    client.force_login(marketer)

    page = client.get(page_address(nominee)).content.decode()

    assert act_address(nominee, "invite") in page
    assert act_address(nominee, "reject") in page
    assert act_address(nominee, "wake") not in page


def test_invite_moves_the_champion(client, marketer, nominee):
    client.force_login(marketer)

    answer = client.post(act_address(nominee, "invite"))

    assert answer.status_code == 302
    assert Champion.objects.get(pk=nominee.pk).standing == Standing.INVITED
    assert nominee.events.get().actor == f"user:{marketer.pk}"
    assert f"by {marketer}" in client.get(answer["Location"]).content.decode()


def test_asking_alone_moves_nobody(client, marketer, nominee):
    client.force_login(marketer)

    answer = client.get(act_address(nominee, "invite"))

    assert answer.status_code == 200
    assert Champion.objects.get(pk=nominee.pk).standing == Standing.NOMINATED


def test_refusal_comes_back_as_a_sentence(client, marketer):
    row = ChampionFactory(standing=Standing.NOMINATED, contact__email="")
    client.force_login(marketer)

    answer = client.post(act_address(row, "invite"))

    assert answer.status_code == 200
    assert "This was not done" in answer.content.decode()
    assert Champion.objects.get(pk=row.pk).standing == Standing.NOMINATED


def test_reject_with_other_needs_words(client, marketer, nominee):
    client.force_login(marketer)

    answer = client.post(act_address(nominee, "reject"), {"reason": "other", "note": ""})

    assert "Say in 1 to 50 characters which other reason." in answer.content.decode()
    assert Champion.objects.get(pk=nominee.pk).standing == Standing.NOMINATED


def test_move_that_the_table_does_not_know_is_forbidden(client, marketer, nominee):
    client.force_login(marketer)

    assert client.post(act_address(nominee, "wake")).status_code == 403


def test_unknown_act_is_not_found(client, marketer, nominee):
    client.force_login(marketer)

    assert client.get(act_address(nominee, "promote")).status_code == 404


def test_leader_may_not_move_champions(client, leader, nominee):
    client.force_login(leader)

    answer = client.post(act_address(nominee, "invite"))

    assert answer.status_code == 403
    assert "The pool is run by customer marketers." in answer.content.decode()
    assert Champion.objects.get(pk=nominee.pk).standing == Standing.NOMINATED


def test_csm_of_another_account_finds_nothing(client, csm, nominee):
    client.force_login(csm)

    assert client.get(act_address(nominee, "invite")).status_code == 404


def test_contact_of_a_customer_is_nominated_with_a_grade(client, marketer):
    contact = ContactFactory(account=CustomerFactory())
    client.force_login(marketer)

    client.post(act_address(contact, "nominate"), {"why": "Runs it in nine sites and talks well.", "grade": "5"})

    champion = Champion.objects.get(contact=contact)
    assert champion.standing == Standing.NOMINATED
    assert contact.signals.get().kind == "relationship"


def test_withdrawn_activity_can_be_restored(client, marketer):
    row = ActivityFactory()
    client.force_login(marketer)

    client.post(act_address(row, "withdraw"), {"reason": "The call did not take place."})
    assert Activity.objects.get(pk=row.pk).withdrawn_reason == "The call did not take place."

    client.post(act_address(row, "restore"))
    assert not Activity.objects.get(pk=row.pk).is_withdrawn


def test_act_leads_back_to_where_the_person_came_from(client, marketer):
    row = ActivityFactory()
    client.force_login(marketer)
    where = act_address(row, "withdraw")

    ours = client.post(f"{where}?back=/admin/accounts/opportunity/7/change/", {"reason": "No call."})
    client.post(act_address(row, "restore"))
    theirs = client.post(f"{where}?back=https://elsewhere.example/", {"reason": "No call."})

    assert ours["Location"] == "/admin/accounts/opportunity/7/change/"
    assert theirs["Location"] == page_address(row)


def test_duplicate_is_undone_from_its_page(client, marketer):
    original = ActivityFactory(title="The call")
    row = ActivityFactory(duplicate_of=original)
    client.force_login(marketer)

    assert "Now it repeats “The call”." in client.get(act_address(row, "no-duplicate")).content.decode()
    client.post(act_address(row, "no-duplicate"))

    assert Activity.objects.get(pk=row.pk).duplicate_of is None


def test_withdrawing_needs_a_reason(client, marketer):
    row = ActivityFactory()
    client.force_login(marketer)

    answer = client.post(act_address(row, "withdraw"), {"reason": ""})

    assert answer.status_code == 200
    assert not Activity.objects.get(pk=row.pk).is_withdrawn
