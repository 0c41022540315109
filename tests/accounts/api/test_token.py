"""`POST /oauth/token`: every form of asking, and every refusal in the form of RFC 6749 section 5.2."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from django.test import Client

from accounts.models import ApiClient, CrmSource
from clg.models import SecurityLog
from tests.callers import make_client

pytestmark = pytest.mark.django_db
SECRET = "a secret that only tests know"
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def api_client(crm):
    return make_client(crm, "accounts:read")


def basic(name, secret):
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def ask(form, headers=None, **more):
    client = Client(headers=headers or {})
    client.raise_request_exception = False
    return client.post("/oauth/token", form, **more)


def test_credentials_in_the_form_are_as_good_as_in_the_header(api_client):
    in_form = ask({**GRANT, "client_id": api_client.client_id, "client_secret": SECRET})
    in_header = ask(GRANT, basic(api_client.client_id, SECRET))

    for answer in (in_form, in_header):
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/json"
        assert "no-store" in answer["Cache-Control"]
        assert set(answer.json()) == {"access_token", "expires_in", "token_type", "scope"}


def test_form_may_be_urlencoded_as_the_standard_has_it(api_client):
    answer = ask(
        "grant_type=client_credentials&scope=accounts%3Aread",
        basic(api_client.client_id, SECRET),
        content_type="application/x-www-form-urlencoded",
    )

    assert (answer.status_code, answer.json()["scope"]) == (200, "accounts:read")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "nothing"}, 400, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, "unsupported_grant_type"),
        ({**GRANT, "scope": "accounts:read contacts:read"}, 400, "invalid_scope"),
        ({**GRANT, "scope": "no-such-scope"}, 400, "invalid_scope"),
        ({**GRANT, "scope": "accounts:read\x00"}, 400, "invalid_scope"),
        ({**GRANT, "client_id": ["a", "b"]}, 400, "invalid_request"),
    ],
)
def test_refusals_name_their_reason(api_client, form, status, error):
    answer = ask(form, basic(api_client.client_id, SECRET))

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer["Content-Type"] == "application/json"
    assert SecurityLog.objects.filter(event="token_made", result="refused").count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Basic"},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()},
        {"authorization": "Bearer x"},
        basic("nobody", SECRET),
        basic("nobody\x00", SECRET),
        basic("x" * 5000, SECRET),
        basic("", ""),
        basic("nobody%", "%zz"),
    ],
)
def test_unknown_client_is_invalid_however_it_is_written(api_client, headers):
    answer = ask(GRANT, headers)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("client_id", ["nobody", "\x00", "x" * 5000, "\U0001f600"])
def test_unknown_client_in_the_form(api_client, client_id):
    answer = ask({**GRANT, "client_id": client_id, "client_secret": SECRET})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"grant_type": "client_credentials"}', "application/json"),
        ("grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        ("x", "multipart/form-data; boundary="),
        ("a=" + "x" * (2 * 1024 * 1024), "application/x-www-form-urlencoded"),
        ("&".join(f"a{n}=1" for n in range(2000)), "application/x-www-form-urlencoded"),
    ],
)
def test_body_that_is_no_form_is_refused_in_the_same_form(api_client, body, content_type):
    answer = ask(body, basic(api_client.client_id, SECRET), content_type=content_type)

    assert answer.status_code in (400, 413)
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


@pytest.mark.parametrize("method", ["get", "put", "delete", "options"])
def test_other_methods_name_the_one(method):
    answer = getattr(Client(), method)("/oauth/token")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer.json() == {"error": "invalid_request"}


def test_password_is_never_tried(api_client, marketer):
    marketer.set_password("a password of fifteen")
    marketer.save()

    answer = ask(
        {"grant_type": "password", "username": marketer.email, "password": "a password of fifteen"},
        basic(api_client.client_id, SECRET),
    )

    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})
    assert not SecurityLog.objects.filter(event="login").exists()


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, {"source__is_active": False}],
)
def test_client_that_has_ended_gets_no_token(api_client, crm, change):
    if "source__is_active" in change:
        CrmSource.objects.update(is_active=False)
    else:
        ApiClient.objects.update(**change)

    answer = ask(GRANT, basic(api_client.client_id, SECRET))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_too_many_tokens_say_when(api_client, settings):
    settings.API_RATES = {**settings.API_RATES, "token": (30, 1)}
    ask(GRANT, basic(api_client.client_id, SECRET))

    answer = ask(GRANT, basic(api_client.client_id, SECRET))

    assert (answer.status_code, answer.json()["error"]) == (429, "temporarily_unavailable")
    assert int(answer["Retry-After"]) >= 1
