"""Every refusal leaves as one problem body, wherever it arose."""

from __future__ import annotations

import re

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.api.accounts import Accounts
from clg.api.problems import catalogue
from tests.factories.accounts import AccountFactory

pytestmark = pytest.mark.django_db


def test_unknown_path_is_a_problem(client):
    answer = client.get("/api/v1/nothing")

    body = answer.json()
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", body["request_id"])
    assert answer["X-Request-ID"] == body["request_id"]
    assert {name: body[name] for name in body if name != "request_id"} == {
        "type": "http://127.0.0.1:8000/problems/not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here, or nothing that you may see.",
        "instance": "/api/v1/nothing",
        "code": "not_found",
        "retryable": False,
    }


@pytest.mark.parametrize(
    ("accept", "status", "content_type"),
    [
        ("*/*", 404, "application/problem+json"),
        ("application/json", 404, "application/json"),
        ("application/json, application/problem+json", 404, "application/problem+json"),
        ("application/problem+json", 404, "application/problem+json"),
        ("text/html", 406, "application/problem+json"),
        ("application/json;q=0", 406, "application/problem+json"),
    ],
)
def test_media_of_errors(caller, accept, status, content_type):
    answer = caller("accounts:read").get("/api/v1/accounts/acc_0", headers={"accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (status, content_type)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_other_methods_name_the_allowed_ones(caller, method):
    answer = getattr(caller("accounts:read"), method)("/api/v1/accounts")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic YTpi"}])
def test_without_a_good_token_it_is_401_with_a_challenge(headers):
    answer = Client(headers=headers).get("/api/v1/accounts")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer ")


def test_defect_is_a_problem_without_any_text_of_it(caller, monkeypatch):
    monkeypatch.setattr(Accounts, "rows", lambda self: 1 / 0)
    client = caller("accounts:read")
    client.raise_request_exception = False

    answer = client.get("/api/v1/accounts")

    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert answer["Content-Type"] == "application/problem+json"
    assert b"division" not in answer.content


def test_lock_failure_may_be_retried(caller, monkeypatch):
    class LockNotAvailable(Exception):
        sqlstate = "55P03"

    def rows(self):
        raise OperationalError("locked") from LockNotAvailable()

    monkeypatch.setattr(Accounts, "rows", rows)

    answer = caller("accounts:read").get("/api/v1/accounts")

    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (503, "busy", True)
    assert answer["Retry-After"] == "2"


def test_every_code_stands_on_the_page_once(client):
    codes = [entry.code for entry in catalogue()]

    page = client.get("/problems/")

    assert len(codes) == len(set(codes)) >= 25
    assert [code for code in codes if f'id="{code}"' not in page.content.decode()] == []
    assert client.get("/problems/invalid_cursor").status_code == 200
    assert client.get("/problems/no_such_code").status_code == 404


def test_detail_never_repeats_the_refused_value(caller):
    answer = caller("accounts:read").get("/api/v1/accounts?lifecycle=canary-value&created_after=canary-moment")

    assert b"canary" not in answer.content


def test_rate_limit_is_counted_and_said(caller, settings):
    settings.API_RATES = {"read": (1, 3)}  # one a minute: a slow machine earns none back
    AccountFactory()
    client = caller("accounts:read")

    good = [client.get("/api/v1/accounts") for _ in range(3)]
    refused = client.get("/api/v1/accounts")

    assert [answer.status_code for answer in good] == [200, 200, 200]
    assert good[0]["RateLimit-Policy"] == '"read";q=1;w=60'
    assert good[0]["RateLimit"] == '"read";r=2;t=60'
    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (429, "rate_limited", True)
    assert (refused.json()["limit"], refused.json()["remaining"]) == (1, 0)
    assert refused["Retry-After"] == str(refused.json()["retry_after_seconds"])
    assert 1 <= refused.json()["retry_after_seconds"] <= 60
