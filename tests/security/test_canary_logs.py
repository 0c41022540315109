"""Secrets and personal data through every surface, then through the logs and the error pages: nothing is found."""

from __future__ import annotations

import io
import logging
import logging.config

import pytest
from django.test import Client

from clg.logs import logging_config
from tests.callers import bearer, make_client, make_token
from tests.factories.accounts import ContactFactory, SourceFactory

pytestmark = pytest.mark.django_db

PASSWORD = "Canary-Password-9f31"
TOKEN = "canarytoken9f31canarytoken9f31canarytoken9f31"
EMAIL = "canary-person@customer.example"
PHONE = "+49 30 5550 1234 99"
BODY = "canary-body-9f31"
CANARIES = [PASSWORD, TOKEN, EMAIL, "5550 1234", "canary-person", BODY, "Canary"]


@pytest.fixture
def written():
    """Everything that our logging writes while the test runs."""
    stream = io.StringIO()
    config = logging_config("DEBUG")
    config["handlers"]["stdout"]["stream"] = stream
    before = list(logging.getLogger().handlers)
    logging.config.dictConfig(config)
    yield stream.getvalue
    logging.getLogger().handlers = before
    logging.config.dictConfig(logging_config())
    logging.getLogger().handlers = before


@pytest.fixture
def contact():
    return ContactFactory(first_name="Canary", email=EMAIL, phone=PHONE)


def found_in(text):
    return [canary for canary in CANARIES if canary in text]


def test_no_surface_writes_a_canary(written, contact, session, marketer, administrator):
    client = session(marketer)
    api_client = make_client(SourceFactory(slug="crm"), "contacts:read")
    token = make_token(api_client)
    Client().post("/account/login/", {"login": EMAIL, "password": PASSWORD})
    Client().post("/account/password/reset/", {"email": EMAIL})
    Client().get(f"/a/{TOKEN}?token={TOKEN}")
    Client().get("/api/v1/contacts", headers={"authorization": f"Bearer {TOKEN}", "x-request-id": "x"})
    Client().post("/oauth/token", {"client_id": "canary", "client_secret": PASSWORD, "grant_type": "password"})
    Client().post("/api/v1/contacts", data={"email": EMAIL, "note": BODY}, content_type="application/json")
    client.get(f"/admin/accounts/contact/?q={EMAIL}")
    client.get(f"/admin/accounts/contact/{contact.pk}/change/")
    client.get(f"/api/v1/contacts?email={EMAIL}")
    bearer(token).get(f"/api/v1/contacts/{contact.name_outside}")
    bearer(token).get(f"/api/v1/contacts/by-external-id/{TOKEN}")

    assert '"route": "/api/v1/contacts"' in written()
    assert found_in(written()) == []
    assert token not in written()


@pytest.mark.parametrize("address", ["/admin/accounts/contact/", "/api/v1/contacts"])
def test_a_defect_shows_its_request_id_and_no_value(written, contact, session, marketer, monkeypatch, address):
    def fail(*_, **__):
        secret = PASSWORD  # a local variable, which no log may hold
        raise RuntimeError(f"cannot mail {EMAIL}, token={TOKEN}, call {PHONE}", bool(secret))

    monkeypatch.setattr("accounts.querysets.contact.ContactQuerySet.visible_to", fail)
    client = session(marketer)
    client.raise_request_exception = False

    answer = client.get(address, {"q": BODY} if address.startswith("/admin") else {})

    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()
    assert found_in(answer.content.decode()) == []
    assert "RuntimeError: " in written()
    assert found_in(written()) == []
