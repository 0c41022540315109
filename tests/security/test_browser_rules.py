"""Headers and cookies of every type of page: one table by area. `security` section 7."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}
ADMIN = {**STRICT, "script-src": "'self' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"}
DOCS = {**STRICT, "style-src": "'self' 'unsafe-inline'"}
DATA = {"default-src": "'none'", "frame-ancestors": "'none'"}
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
PAGES = [
    ("/account/login/", STRICT, 200),
    ("/account/password/reset/", STRICT, 200),
    ("/account/reauthenticate/", STRICT, 200),
    ("/account/sessions/", STRICT, 200),
    ("/problems/", STRICT, 200),
    ("/nothing", STRICT, 404),
    ("/admin/", ADMIN, 200),
    ("/admin/advocacy/champion/", ADMIN, 200),
    ("/admin/accounts/account/999/change/", ADMIN, 404),
    ("/admin/nothing/", ADMIN, 404),
    ("/api/v1/docs/", DOCS, 200),
    ("/api/v1/accounts", DATA, 200),
    ("/api/v1/nothing", DATA, 404),
    ("/healthz/live", STRICT, 200),
]
KEEPABLE = {"/problems/", "/healthz/live"}


def policy_of(answer):
    parts = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    return {name: " ".join(v for v in value.split() if not v.startswith("'nonce-")) for name, value in parts.items()}


@pytest.mark.parametrize(("address", "policy", "status"), PAGES)
def test_page_has_the_rules_of_its_area(session, marketer, address, policy, status):
    client = Client() if address == "/account/login/" else session(marketer)

    answer = client.get(address)

    assert answer.status_code == status
    assert policy_of(answer) == policy
    assert {name: answer.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert ("no-store" in answer.get("Cache-Control", "")) == (address not in KEEPABLE)
    assert "Access-Control-Allow-Origin" not in answer


def test_no_area_lets_scripts_of_the_page_run():
    from clg.middleware import AREAS  # inside, as only this test needs it

    assert not [start for start, rules in AREAS if "'unsafe-inline'" in rules.get("script-src", [])]


def test_token_door_keeps_nothing_and_is_cors_free():
    answer = Client().post("/oauth/token", headers={"origin": "https://evil.example"})

    assert "no-store" in answer["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer


def test_cookies_of_a_session_are_out_of_reach_of_scripts(marketer):
    marketer.set_password("correct horse battery staple")
    marketer.save(update_fields=["password"])
    client = Client()
    client.get("/account/login/")
    client.post("/account/login/", {"login": marketer.email, "password": "correct horse battery staple"})

    for cookie in client.cookies.values():
        assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax"), cookie.key


def test_writes_without_the_forms_secret_are_refused(session, marketer):
    client = Client(enforce_csrf_checks=True)

    assert client.post("/account/login/", {"login": "x", "password": "y"}).status_code == 403
