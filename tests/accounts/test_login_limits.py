"""How often one may try, how long a session lives, and what ends it."""

from __future__ import annotations

import threading
import time

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory

from accounts.actions.user import change_roles
from accounts.login_limits import LOGIN_FIRST
from clg.addresses import network_of
from clg.api import rates
from clg.api.errors import RateLimited
from clg.models import RateBucket, SecurityLog

PASSWORD = "correct horse battery staple"
pytestmark = pytest.mark.django_db


@pytest.fixture
def member(marketer):
    marketer.set_password(PASSWORD)
    marketer.save(update_fields=["password"])
    return marketer


@pytest.fixture(autouse=True)
def no_second_line(settings):
    """allauth's own limits stay on in earnest; here ours must hold alone."""
    settings.ACCOUNT_RATE_LIMITS = False


def log_in(client, email, password=PASSWORD, **headers):
    return client.post("/account/login/", {"login": email, "password": password}, **headers)


def test_five_failures_close_the_account_even_to_the_right_password(client, member):
    failures = [log_in(client, member.email, "wrong").status_code for _ in range(6)]
    answer = log_in(client, member.email.upper())

    assert failures == [200] * 5 + [429]
    assert answer.status_code == 429
    assert 200 < int(answer["Retry-After"]) <= 300
    assert member.email not in answer.content.decode()


def test_unknown_address_is_closed_the_same_way(client):
    assert [log_in(client, "stranger@nowhere.example", "wrong").status_code for _ in range(6)] == [200] * 5 + [429]


def test_waiting_grows_to_a_quarter_of_an_hour(client, member):
    for _ in range(10):
        log_in(client, member.email, "wrong")
        RateBucket.objects.filter(key__startswith="login:").update(tokens=1)

    assert 800 < int(log_in(client, member.email, "wrong")["Retry-After"]) <= 900


def test_good_logins_do_not_count(member):
    answers = [log_in(Client(), member.email).status_code for _ in range(7)]

    assert answers == [302] * 7


def test_fifty_failures_close_the_network_whatever_the_header_says(client):
    codes = [
        log_in(client, f"stranger{n}@nowhere.example", "wrong", headers={"x-forwarded-for": f"10.0.0.{n}"}).status_code
        for n in range(51)
    ]

    assert codes == [200] * 50 + [429]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_ipv6_counts_by_its_64(address, network):
    assert network_of(RequestFactory().get("/", REMOTE_ADDR=address)) == network


def test_no_count_no_login(client, member, monkeypatch):
    def broken(*_):
        raise DatabaseError

    monkeypatch.setattr("accounts.login_limits.take_each", broken)

    answer = log_in(client, member.email)

    assert answer.status_code == 503
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_sixty_four_parallel_tries_get_exactly_five():
    passed, gate = [], threading.Barrier(64)

    def attempt():
        gate.wait()
        try:
            rates.take(LOGIN_FIRST, "account:somebody")
            passed.append(1)
        except RateLimited:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(passed) == 5


def test_keys_of_buckets_hold_nothing_readable(client):
    log_in(client, "stranger@nowhere.example", "wrong")

    assert RateBucket.objects.count() == 3
    assert not RateBucket.objects.filter(key__contains="stranger").exists()
    assert not RateBucket.objects.filter(key__contains="127.0.0.1").exists()


@pytest.mark.parametrize("email", ["maya@corvane.example", "stranger@nowhere.example"])
def test_five_reset_mails_an_hour_for_known_and_unknown(client, member, email):
    codes = [client.post("/account/password/reset/", {"email": email}).status_code for _ in range(6)]

    assert codes == [302] * 5 + [429]
    assert [message.to for message in mail.outbox] == [[email]] * 5


def test_reset_link_works_once_and_ends_the_old_sessions(client, member):
    log_in(client, member.email)
    other = Client()
    other.post("/account/password/reset/", {"email": member.email})
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    path = link.partition("testserver")[2]
    form = other.get(path, follow=True).request["PATH_INFO"]
    new = "another horse battery staple"

    assert other.post(form, {"password1": new, "password2": new}).status_code == 302
    assert client.get("/api/v1/accounts").status_code == 401
    assert b"password1" not in Client().get(path, follow=True).content
    assert log_in(Client(), member.email, new).status_code == 302
    assert SecurityLog.objects.filter(event="password_changed", actor=f"user:{member.pk}").count() == 1


def test_reset_token_leaves_the_address_and_is_not_sent_on(client, member):
    client.post("/account/password/reset/", {"email": member.email})
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    path = link.partition("testserver")[2]

    first = client.get(path)
    shown = client.get(first["Location"])

    token = path.rstrip("/").rpartition("/")[2].partition("-")[2]
    assert (first.status_code, shown.status_code) == (302, 200)
    assert token not in first["Location"] + shown.content.decode()
    assert [answer["Referrer-Policy"] for answer in (first, shown)] == ["no-referrer", "same-origin"]
    assert [answer["Cache-Control"] for answer in (first, shown)] == ["no-store"] * 2


def code_of(secret):
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def give_factor(user):
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def test_five_wrong_codes_close_the_second_step(client, member):
    secret = give_factor(member)
    log_in(client, member.email)

    codes = [client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code for _ in range(6)]
    right = code_of(secret)

    assert codes == [200] * 5 + [429]
    assert client.post("/account/2fa/authenticate/", {"code": right}).status_code == 429


def test_right_code_opens_and_its_secret_is_stored_closed(client, member):
    secret = give_factor(member)
    log_in(client, member.email)
    right = code_of(secret)

    answer = client.post("/account/2fa/authenticate/", {"code": right})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert secret not in str(Authenticator.objects.get().data)
    assert get_adapter().decrypt(Authenticator.objects.get().data["secret"]) == secret


def test_code_opens_once(client, member, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    code = code_of(give_factor(member))
    second = Client()
    log_in(client, member.email)
    log_in(second, member.email)

    assert client.post("/account/2fa/authenticate/", {"code": code}).status_code == 302
    assert second.post("/account/2fa/authenticate/", {"code": code}).status_code == 200
    assert "_auth_user_id" not in second.session


@pytest.mark.django_db(transaction=True)
def test_person_who_must_have_a_second_factor_sets_it_up_and_is_in(client, settings, member):
    settings.MFA_REQUIRED_ROLES = ["marketer"]
    log_in(client, member.email)
    other = Client()
    log_in(other, member.email)
    page = client.get("/account/2fa/totp/activate/")
    assert page.status_code == 302
    assert page["Location"].startswith("/account/reauthenticate/")

    client.post(page["Location"], {"password": PASSWORD})
    shown = client.get("/account/2fa/totp/activate/")
    secret = shown.context["form"].secret
    right = code_of(secret)
    done = client.post("/account/2fa/totp/activate/", {"code": right})

    assert done.status_code == 302
    assert client.get("/api/v1/accounts").status_code == 200
    assert other.get("/api/v1/accounts").status_code == 401
    assert SecurityLog.objects.filter(event="second_factor_added").count() == 2  # with its recovery codes


def test_login_makes_a_new_session_key_and_logout_is_a_post(client, member):
    client.get("/account/login/")
    client.session.save()
    before = client.session.session_key
    log_in(client, member.email)
    inside = client.session.session_key

    client.get("/account/logout/")
    assert client.get("/api/v1/accounts").status_code == 200
    client.post("/account/logout/")

    assert inside != before
    assert client.get("/api/v1/accounts").status_code == 401
    assert not Session.objects.filter(session_key=inside).exists()


@pytest.mark.parametrize(("hours", "status"), [(23.9, 200), (24.1, 401)])
def test_session_ends_a_day_after_login_however_busy(client, member, hours, status):
    log_in(client, member.email)
    client.get("/api/v1/accounts")
    kept = client.session
    kept["began"] = time.time() - hours * 3600
    kept.save()

    assert client.get("/api/v1/accounts").status_code == status


def test_session_lives_eight_hours_from_its_last_use(client, member):
    log_in(client, member.email)
    Session.objects.update(expire_date="2100-01-01T00:00:00Z")
    kept = client.session
    kept["touched"] = time.time() - 301
    kept.save()

    client.get("/api/v1/accounts")

    left = Session.objects.get().expire_date.timestamp() - time.time()
    assert 8 * 3600 - 60 < left <= 8 * 3600


def test_changed_roles_end_the_sessions_of_that_person_only(client, session, member, seller):
    log_in(client, member.email)
    theirs = session(seller)

    assert change_roles(user=member, roles=["leader"], by="user:1")
    assert not change_roles(user=member, roles=["leader"], by="user:1")

    assert client.get("/api/v1/accounts").status_code == 401
    assert theirs.get("/api/v1/accounts").status_code == 200
    row = SecurityLog.objects.get(event="user.roles_changed")
    assert row.data == {"given": ["leader"], "taken": ["marketer"]}
