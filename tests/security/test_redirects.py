"""A hundred ways of saying "elsewhere" in a next-like value: none leaves our host. `security` section 6."""

from __future__ import annotations

import itertools
import re
from urllib.parse import urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

PASSWORD = "correct horse battery staple"
HOSTS = [
    "evil.example",
    "evil.example:443",
    "evil.example@testserver",
    "testserver@evil.example",
    "testserver.evil.example",
]
PREFIXES = [
    *(
        "https://",
        "http://",
        "//",
        "///",
        "////",
        "\\\\",
        "/\\",
        "\\/",
        "/\t/",
        "/\n/",
        "\t//",
        " //",
        "%09//",
        "/%09/",
    ),
    *("https:", "https:/", "https:\\", "http:\\\\", "HTTPS://", "ftp://", "//%5c", "/%2f%2f", "\x00//", "/\r\n//"),
]
SINGLE = [
    *("javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,<b>x", "vbscript:x"),
    *("blob:https://evil.example/1", "file:///etc/passwd", "https://evil。example/", "https://evil%E3%80%82example/"),
    *("https://ⓔvil.example", "//evil%00.example", "http://[::ffff:192.0.2.1]/", "http://3221225985/", "//0xC0000201/"),
    *("https://evil.example#@testserver/", "https://evil.example\\@testserver/", "https://testserver\\.evil.example"),
    *(
        "/admin/\r\nLocation: https://evil.example",
        "/\r\nSet-Cookie: a=b",
        "//evil.example/%2e%2e",
        "https:evil.example",
    ),
    *("http:///evil.example", "https://evil.example?testserver", "mailto:a@evil.example", "//google.com/%2f.."),
    "?next=//evil.example",
]
CORPUS = [*SINGLE, *(prefix + host for prefix, host in itertools.product(PREFIXES, HOSTS))]

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(marketer, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    marketer.set_password(PASSWORD)
    marketer.save(update_fields=["password"])
    return marketer


def leads_elsewhere(location):
    """As a browser reads it: no control characters, backslashes are slashes."""
    seen = re.sub(r"[\x00-\x20]", "", location).replace("\\", "/")
    parts = urlsplit(seen)
    return bool(parts.scheme or parts.netloc or seen.startswith("//"))


def test_corpus_is_large_enough():
    assert len(set(CORPUS)) >= 100


def test_login_stays_here(member):
    def target(value):
        UserSession.objects.all().delete()  # each login goes through those there are
        return Client().post("/account/login/", {"login": member.email, "password": PASSWORD, "next": value})

    answers = {value: target(value) for value in CORPUS}

    assert {answer.status_code for answer in answers.values()} == {302}
    assert [value for value, answer in answers.items() if leads_elsewhere(answer["Location"])] == []
    assert not any("set-cookie: a=b" in str(answer.headers).lower() for answer in answers.values())


@pytest.mark.parametrize("door", ["/account/logout/", "/account/reauthenticate/", "/admin/logout/"])
def test_other_doors_stay_here(session, member, door):
    def location(value):
        answer = session(member).post(door, {"next": value, "password": PASSWORD})
        return answer.get("Location", "/")

    assert [value for value in CORPUS[::8] if leads_elsewhere(location(value))] == []


@pytest.mark.parametrize("door", ["/account/login/", "/admin/login/", "/account/reauthenticate/"])
def test_who_is_here_already_is_not_sent_away(session, member, door):
    client = session(member)

    found = [client.get(door, {"next": value}).get("Location", "/") for value in CORPUS[::4]]

    assert [location for location in found if leads_elsewhere(location)] == []


def test_no_address_takes_a_target():
    answer = Client().get("/admin/r/1/https://evil.example")

    assert answer.status_code == 404
