"""Clients are made with a secret that is shown once, changed by administrators, replaced and disabled."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.hashers import check_password
from django.urls import reverse

from accounts.models import ApiClient
from clg.models import SecurityLog
from tests.callers import make_client
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db
CREATE = reverse("admin:accounts_apiclient_do", args=["create"])
ANSWERS = {
    "name": "Nightly sync",
    "scopes": ["accounts:write", "accounts:read"],
    "ip_ranges": "203.0.113.7/24\n\n2001:db8::/32",
    "batch_status": "200",
}


def page(client):
    return reverse("admin:accounts_apiclient_change", args=[client.pk])


def act(client, name):
    return reverse("admin:accounts_apiclient_act", args=[client.pk, name])


def secret_in(answer):
    return html.unescape(re.search(r'id="client-secret"[^>]*>([^<]+)<', answer.content.decode())[1])


def test_new_client_shows_its_secret_once(session, administrator):
    person = session(administrator)

    answer = person.post(CREATE, {**ANSWERS, "source": SourceFactory().pk})

    made = ApiClient.objects.get()
    secret = secret_in(answer)
    assert made.allowed_scopes == ["accounts:read", "accounts:write"]
    assert (made.ip_ranges, made.batch_status) == (["203.0.113.0/24", "2001:db8::/32"], 200)
    assert check_password(secret, made.client_secret)
    assert "no-store" in answer["Cache-Control"]
    assert secret not in person.get(page(made)).content.decode()
    assert SecurityLog.objects.get(event="api_client.created").actor == f"user:{administrator.pk}"


def test_secret_opens_the_token_door(session, administrator, client):
    answer = session(administrator).post(CREATE, {**ANSWERS, "source": SourceFactory().pk, "ip_ranges": ""})

    token = client.post(
        "/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": ApiClient.objects.get().client_id,
            "client_secret": secret_in(answer),
        },
    )

    assert token.status_code == 200
    assert token.json()["scope"] == "accounts:read accounts:write"


@pytest.mark.parametrize(
    ("field", "value"), [("scopes", []), ("scopes", ["accounts:own"]), ("ip_ranges", "here"), ("name", "")]
)
def test_client_that_could_not_work_is_refused(session, administrator, field, value):
    answer = session(administrator).post(CREATE, {**ANSWERS, "source": SourceFactory().pk, field: value})

    assert answer.status_code == 200
    assert not ApiClient.objects.exists()


def test_page_changes_scopes_and_addresses(session, administrator):
    client = make_client(SourceFactory(), "accounts:read", "contacts:read")

    session(administrator).post(
        page(client),
        {"name": "Renamed", "allowed_scopes": ["accounts:read"], "ip_ranges": "198.51.100.0/24", "batch_status": "207"},
    )

    client.refresh_from_db()
    assert (client.name, client.allowed_scopes) == ("Renamed", ["accounts:read"])
    assert client.ip_ranges == ["198.51.100.0/24"]
    assert client.is_active


def test_replacement_has_the_rights_and_another_secret(session, administrator):
    first = make_client(SourceFactory(), "accounts:read", ip_ranges=["198.51.100.0/24"])

    answer = session(administrator).post(act(first, "replace"))

    second = ApiClient.objects.exclude(pk=first.pk).get()
    assert (second.source, second.allowed_scopes, second.ip_ranges) == (
        first.source,
        first.allowed_scopes,
        first.ip_ranges,
    )
    assert check_password(secret_in(answer), second.client_secret)
    assert f"{first.client_id} goes on working" in answer.content.decode()
    first.refresh_from_db()
    assert first.is_active


def test_disabled_client_is_refused_and_cannot_be_enabled(session, administrator, caller):
    calling = caller("accounts:read")
    client = ApiClient.objects.get()

    session(administrator).post(act(client, "disable"))
    session(administrator).post(page(client), {"name": "x", "allowed_scopes": "accounts:read", "is_active": "on"})

    client.refresh_from_db()
    assert not client.is_active
    assert calling.get("/api/v1/accounts").status_code == 401
    assert session(administrator).post(act(client, "disable")).status_code == 403


@pytest.mark.parametrize("role", ["marketer", "auditor"])
def test_only_administrators_make_clients(session, role, request):
    answer = session(request.getfixturevalue(role)).post(CREATE, {**ANSWERS, "source": SourceFactory().pk})

    assert answer.status_code == 403
    assert not ApiClient.objects.exists()


def test_old_login_is_asked_again_before_a_client_is_made(client, administrator):
    client.force_login(administrator)

    answer = client.post(CREATE, {**ANSWERS, "source": SourceFactory().pk})

    assert "reauthenticate" in answer["Location"]
    assert not ApiClient.objects.exists()
