"""Production starts with a whole environment and with nothing less."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys

import pytest
from django.conf import settings

from clg.settings.demands import problems_in


def random_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def good(tmp_path):
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TOKEN_PEPPERS": ",".join([secrets.token_urlsafe(32), secrets.token_urlsafe(32)]),
        "FIELD_KEYS": random_key(),
        "DATABASE_URL": "postgres://clg@db.internal/clg",
        "CELERY_BROKER_URL": "redis://broker.internal:6379/0",
        "EMAIL_URL": "smtp+tls://mail.internal:587",
        "PUBLIC_URL": "https://clg.corvane.example",
        "ALLOWED_HOSTS": "clg.corvane.example",
        "TRUSTED_PROXY_COUNT": "0",
        "ERASURE_LOG_PATH": str(tmp_path / "erasures.log"),
    }


CHECK = "from django.core.management import call_command; call_command('check', deploy=True, fail_level='WARNING')"
SENDER = "from django.conf import settings; print(settings.DEFAULT_FROM_EMAIL)"


def start(environ, code=CHECK):
    """Start production in a process of its own; its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "clg.settings.production", **environ},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_whole_environment_starts_and_passes_the_deploy_check(good):
    code, said = start(good)

    assert (code, said) == (0, "System check identified no issues (1 silenced).\n")


@pytest.mark.parametrize(
    ("said", "sender"),
    [({}, "no-reply@clg.corvane.example"), ({"EMAIL_FROM": "us@corvane.example"}, "us@corvane.example")],
)
def test_mail_has_a_sender_of_ours(good, said, sender):
    assert start({**good, **said}, SENDER) == (0, f"{sender}\n")


def test_empty_environment_is_told_everything_at_once():
    code, said = start({})

    assert code == 1
    lines = [line for line in said.splitlines() if line.startswith("- ")]
    assert [line.split()[1] for line in lines] == [
        "SECRET_KEY",
        "TOKEN_PEPPERS",
        "FIELD_KEYS",
        "DATABASE_URL",
        "CELERY_BROKER_URL",
        "EMAIL_URL",
        "PUBLIC_URL",
        "ALLOWED_HOSTS",
        "TRUSTED_PROXY_COUNT",
        "ERASURE_LOG_PATH",
    ]


def test_a_refusal_never_prints_the_value(good):
    code, said = start({**good, "SECRET_KEY": "canary-short"})

    assert code == 1
    assert "SECRET_KEY is weak" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "local-only-key-that-production-refuses-to-start-with-0123456789"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("TOKEN_PEPPERS", "local-only-pepper-that-production-refuses-00"),
        ("TOKEN_PEPPERS", "short"),
        ("FIELD_KEYS", "bG9jYWwtb25seS1maWVsZC1rZXktMDEyMzQ1Njc4OTA="),
        ("FIELD_KEYS", "not base64 of thirty-two bytes, but long enough"),
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("CELERY_BROKER_URL", "redis+socket:///tmp/clg-0-abc/valkey.sock"),
        ("CELERY_BROKER_URL", "memory://"),
        ("EMAIL_URL", ""),
        ("PUBLIC_URL", "http://clg.corvane.example"),
        ("ALLOWED_HOSTS", "clg.corvane.example,*"),
        ("TRUSTED_PROXY_COUNT", ""),
        ("TRUSTED_PROXY_COUNT", "-1"),
        ("ERASURE_LOG_PATH", "/no/such/folder/log"),
        ("DEBUG", "1"),
        ("CLG_FAILPOINTS", "claimed=kill"),
        ("CLG_ALLOW_LOOPBACK_TARGETS", "true"),
        ("CLG_DEMO_USERS", "1"),
        ("CLICK_WRITE", "memory"),
        ("MFA_REQUIRED_ROLES", ""),
    ],
)
def test_each_weak_value_is_named(good, name, value):
    (problem,) = problems_in({**good, name: value})

    assert problem.startswith(name)


def test_repeated_secrets_are_refused(good):
    same = secrets.token_urlsafe(48)

    assert [p.split()[0] for p in problems_in({**good, "SECRET_KEY": same, "TOKEN_PEPPERS": same})] == ["TOKEN_PEPPERS"]
    assert [p.split()[0] for p in problems_in({**good, "TOKEN_PEPPERS": f"{same},{same}"})] == ["TOKEN_PEPPERS"]
