"""Login: by invitation, with a second factor where the role asks for one, and the browser's rules."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail

from accounts.models import User
from clg.models import SecurityLog

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def member(marketer):
    marketer.set_password(PASSWORD)
    marketer.save(update_fields=["password"])
    return marketer


def log_in(client, email, password=PASSWORD, **extra):
    return client.post("/account/login/", {"login": email, "password": password, **extra})


def test_good_login_opens_the_start_page_and_is_kept(client, member):
    answer = log_in(client, member.email)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    row = SecurityLog.objects.get(event="login")
    assert (row.actor, row.result, row.object_id) == (f"user:{member.pk}", "ok", member.name_outside)


def test_unknown_and_known_address_get_one_answer(client, member):
    known = log_in(client, member.email, "wrong")
    unknown = log_in(client, "stranger@nowhere.example", "wrong")

    assert known.status_code == unknown.status_code == 200
    assert known.content.count(b"not correct") == unknown.content.count(b"not correct") == 1
    assert SecurityLog.objects.filter(event="login", result="failed").count() == 2


def test_disabled_person_cannot_log_in_and_an_open_session_ends(client, member):
    log_in(client, member.email)
    assert client.get("/api/v1/accounts").status_code == 200

    User.objects.filter(pk=member.pk).update(is_active=False)

    assert client.get("/api/v1/accounts").status_code == 401


def test_nobody_signs_up(client):
    answer = client.post("/account/signup/", {"email": "x@x.example", "password1": PASSWORD, "password2": PASSWORD})

    assert "Access is by invitation" in answer.content.decode()
    assert User.objects.count() == 0


def test_nobody_changes_the_address_they_were_invited_by(session, member):
    answer = session(member).post("/account/email/", {"action_add": "", "email": "mine@evil.example"})

    assert answer.status_code == 404
    member.refresh_from_db()
    assert member.email == "maya@corvane.example"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_login_never_leads_elsewhere(client, member, target):
    answer = log_in(client, member.email, next=target)

    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_password_reset_mails_only_who_is_here_and_says_the_same(client, member):
    known = client.post("/account/password/reset/", {"email": member.email})
    unknown = client.post("/account/password/reset/", {"email": "stranger@nowhere.example"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert member.email in [to for message in mail.outbox for to in message.to]


def test_second_factor_is_asked_of_its_roles_only(client, session, settings, member, seller):
    settings.MFA_REQUIRED_ROLES = ["marketer"]
    log_in(client, member.email)

    page = client.get("/admin/")
    api = client.get("/api/v1/accounts")

    assert (page.status_code, page["Location"]) == (302, "/account/2fa/totp/activate/")
    assert (api.status_code, api.json()["code"]) == (403, "mfa_required")
    assert client.get("/account/logout/").status_code == 200
    assert session(seller).get("/api/v1/accounts").status_code == 200


def test_with_a_second_factor_the_doors_are_open(session, settings, marketer):
    settings.MFA_REQUIRED_ROLES = ["marketer"]
    Authenticator.objects.create(user=marketer, type=Authenticator.Type.TOTP, data={"secret": "x"})

    assert session(marketer).get("/api/v1/accounts").status_code == 200


@pytest.mark.parametrize("address", ["/account/login/", "/problems/", "/nothing"])
def test_pages_carry_the_browser_rules(client, address):
    answer = client.get(address)

    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["form-action"] == "'self'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"


def test_answers_with_personal_data_are_not_kept(session, marketer):
    assert session(marketer).get("/api/v1/contacts")["Cache-Control"] == "no-store"


def test_change_names_its_actor_and_request(session, marketer):
    client = session(marketer)

    answer = client.get("/api/v1/accounts", headers={"x-request-id": "theirs-1"})

    assert answer["X-Request-ID"] != "theirs-1"
    assert len(answer["X-Request-ID"]) == 26
