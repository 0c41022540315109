"""Who reads contact details of champions is kept; a hundred a day are enough."""

from __future__ import annotations

import pytest
from django.core import mail

from clg.api import rates
from clg.models import SecurityLog
from tests.factories.accounts import ContactFactory
from tests.factories.advocacy import ChampionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact():
    champion = ChampionFactory()
    champion.contact.email = "canary@customer.example"
    champion.contact.save(update_fields=["email"])
    return champion.contact


def readings():
    rows = SecurityLog.objects.filter(event="contact_details.read").order_by("id")
    return [(row.actor, row.object_id, row.result, row.data["door"]) for row in rows]


@pytest.mark.parametrize(
    ("address", "door"),
    [
        ("/admin/accounts/contact/{pk}/change/", "admin:page"),
        ("/admin/accounts/contact/{pk}/history/", "admin:history"),
        ("/api/v1/contacts", "api:page"),
        ("/api/v1/contacts/{name}", "api:retrieve"),
        ("/api/v1/contacts?fields=id,phone,email", "api:page"),
    ],
)
def test_each_door_keeps_the_reading(session, marketer, contact, address, door):
    ContactFactory(email="nobody@customer.example")

    answer = session(marketer).get(address.format(pk=contact.pk, name=contact.name_outside))

    assert answer.status_code == 200
    assert readings() == [(f"user:{marketer.pk}", contact.name_outside, "ok", door)]
    assert SecurityLog.objects.get(event="contact_details.read").request_id == answer["X-Request-ID"]


@pytest.mark.parametrize("address", ["/admin/accounts/contact/", "/api/v1/contacts?fields=id,last_name"])
def test_lists_without_details_are_no_reading(session, marketer, contact, address):
    answer = session(marketer).get(address)

    assert answer.status_code == 200
    assert "canary" not in answer.content.decode()
    assert readings() == []


def test_who_sees_no_details_reads_none(session, leader, contact):
    answer = session(leader).get("/api/v1/contacts")

    assert "canary" not in answer.content.decode()
    assert readings() == []


def test_clients_are_not_counted(caller, contact):
    assert "canary" in caller("contacts:read").get("/api/v1/contacts").content.decode()
    assert readings() == []


@pytest.mark.parametrize("address", ["/admin/accounts/contact/{pk}/change/", "/api/v1/contacts/{name}"])
def test_over_the_limit_nothing_is_shown_and_administrators_hear_of_it_once(
    session, marketer, administrator, contact, address
):
    path = address.format(pk=contact.pk, name=contact.name_outside)
    rates.take(rates.Limit("readings", 100, 100, 86_400), f"user:{marketer.pk}", cost=99)
    client = session(marketer)

    answers = [client.get(path) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert all("canary" not in answer.content.decode() for answer in answers[1:])
    assert int(answers[1]["Retry-After"]) > 800
    assert [result for _, _, result, _ in readings()] == ["ok", "refused", "refused"]
    assert [message.to for message in mail.outbox] == [[administrator.email]]
    assert "canary" not in mail.outbox[0].body
