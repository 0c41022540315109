"""Tokens: how a client gets one, and everything that ends it."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import ApiClient
from clg.models import SecurityLog
from tests.callers import bearer, make_client, make_token

pytestmark = pytest.mark.django_db
SECRET = "a secret that only tests know"


@pytest.fixture
def api_client(crm):
    return make_client(crm, "accounts:read", "contacts:read")


def ask(client, *, secret=SECRET, **form):
    pair = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    return Client(headers={"authorization": f"Basic {pair}"}).post(
        "/oauth/token", {"grant_type": "client_credentials", **form}
    )


def test_client_gets_a_token_of_all_its_scopes_and_reads_with_it(api_client):
    answer = ask(api_client)

    body = answer.json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 3600)
    assert set(body["scope"].split()) == {"accounts:read", "contacts:read"}
    assert bearer(body["access_token"]).get("/api/v1/accounts").status_code == 200


def test_token_is_stored_nowhere_in_clear(api_client):
    token = ask(api_client).json()["access_token"]

    (stored,) = AccessToken.objects.all()
    assert stored.token == ""
    assert token not in str(vars(stored))


def test_fewer_scopes_may_be_asked_for_and_more_are_refused(api_client):
    fewer = ask(api_client, scope="accounts:read").json()["access_token"]
    more = ask(api_client, scope="accounts:read champions:read")

    assert bearer(fewer).get("/api/v1/accounts").status_code == 200
    refused = bearer(fewer).get("/api/v1/contacts")
    assert (refused.status_code, refused.json()["code"], refused.json()["scope"]) == (
        403,
        "missing_scope",
        "contacts:read",
    )
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("grant", ["password", "authorization_code", "implicit", ""])
def test_other_grants_are_refused(api_client, grant):
    answer = ask(api_client, grant_type=grant, username="a", password="b", code="c")

    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json()


def test_wrong_secret_is_refused_and_kept_in_the_security_log(api_client):
    answer = ask(api_client, secret="wrong")

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert SecurityLog.objects.filter(event="token_made", result="refused").count() == 1


def test_thirty_tokens_a_minute(api_client, settings):
    settings.API_RATES = {**settings.API_RATES, "token": (30, 3)}

    codes = [ask(api_client).status_code for _ in range(4)]

    assert codes == [200, 200, 200, 429]


def test_token_in_the_query_string_is_no_token(api_client):
    token = ask(api_client).json()["access_token"]

    assert Client().get(f"/api/v1/accounts?access_token={token}").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
        {"ip_ranges": ["10.0.0.0/8"]},
    ],
)
def test_what_ends_a_client_acts_on_the_next_request(api_client, change):
    caller = bearer(make_token(api_client))
    assert caller.get("/api/v1/accounts").status_code == 200

    ApiClient.objects.filter(pk=api_client.pk).update(**change)

    assert caller.get("/api/v1/accounts").status_code == 401


def test_source_that_is_switched_off_ends_its_clients(api_client, crm):
    caller = bearer(make_token(api_client))
    crm.is_active = False
    crm.save(update_fields=["is_active"])

    assert caller.get("/api/v1/accounts").status_code == 401


def test_scope_taken_away_acts_on_the_next_request(api_client):
    caller = bearer(make_token(api_client))

    ApiClient.objects.filter(pk=api_client.pk).update(allowed_scopes=["contacts:read"])

    assert caller.get("/api/v1/accounts").status_code == 403


def test_address_within_the_clients_ranges(crm):
    client = make_client(crm, "accounts:read", ip_ranges=["127.0.0.0/8"])

    assert bearer(make_token(client)).get("/api/v1/accounts").status_code == 200


def test_forwarded_address_counts_only_behind_a_trusted_proxy(crm, settings):
    client = make_client(crm, "accounts:read", ip_ranges=["10.0.0.0/8"])
    caller = bearer(make_token(client))
    forged = {"x-forwarded-for": "10.1.2.3, 192.0.2.1"}

    assert caller.get("/api/v1/accounts", headers=forged).status_code == 401
    settings.TRUSTED_PROXY_COUNT = 2
    assert caller.get("/api/v1/accounts", headers=forged).status_code == 200


def test_expired_token_says_so(api_client):
    answer = bearer(make_token(api_client, expires_in=dt.timedelta(seconds=-1))).get("/api/v1/accounts")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert answer["WWW-Authenticate"] == 'Bearer realm="clg", error="invalid_token"'
    assert AccessToken.objects.get().expires < timezone.now()


def test_last_use_is_kept_to_five_minutes(api_client):
    caller = bearer(make_token(api_client))
    before = timezone.now()

    caller.get("/api/v1/accounts")
    first = ApiClient.objects.get().last_used_at
    caller.get("/api/v1/accounts")
    ApiClient.objects.filter(last_used_at=first).update(last_used_at=first - dt.timedelta(minutes=5, seconds=1))
    caller.get("/api/v1/accounts")

    assert before <= first <= ApiClient.objects.get().last_used_at


def test_refused_call_is_no_use(api_client):
    caller = bearer(make_token(api_client))
    ApiClient.objects.update(is_active=False)

    caller.get("/api/v1/accounts")

    assert ApiClient.objects.get().last_used_at is None
