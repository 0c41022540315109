"""Commands that set an installation up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import ApiClient, CrmSource, ExchangeRate, User
from clg.models import SecurityLog
from tests.factories.accounts import AccountFactory, SourceFactory

pytestmark = pytest.mark.django_db


def printed(capsys):
    return json.loads(capsys.readouterr().out)


def test_create_source_takes_the_next_rank(capsys):
    SourceFactory(rank=7)

    call_command("create_source", "crm", "--kind", "salesforce", "--json")

    assert printed(capsys)["rank"] == 8
    assert CrmSource.objects.get(slug="crm").ordering == "updated_at"
    with pytest.raises(CommandError, match="already"):
        call_command("create_source", "crm", "--kind", "salesforce")


def test_create_api_client_shows_its_secret_once_and_stores_it_hashed(capsys):
    SourceFactory(slug="crm")

    call_command("create_api_client", "--source", "crm", "--name", "N", "--scopes", "b:read a:read", "--json")

    told = printed(capsys)
    client = ApiClient.objects.get(client_id=told["client_id"])
    assert client.allowed_scopes == ["a:read", "b:read"]
    assert client.client_secret != told["client_secret"]
    assert check_password(told["client_secret"], client.client_secret)
    log = SecurityLog.objects.get(event="api_client.created")
    assert told["client_secret"] not in json.dumps(log.data)
    call_command("disable_api_client", told["client_id"])
    client.refresh_from_db()
    assert not client.is_active


def test_create_user_with_roles_takes_over_what_the_crm_named_theirs(capsys):
    account = AccountFactory(owner_email="ana@corvane.example")

    call_command(
        "create_user", "Ana@corvane.example", "--role", "sales", "csm", "--team=North", "--json", "--no-password"
    )

    user = User.objects.get()
    assert printed(capsys).keys() == {"id", "email", "roles"}
    assert (user.roles, user.team.name, user.has_usable_password()) == ({"sales", "csm"}, "North", False)
    account.refresh_from_db()
    assert account.owner == user
    with pytest.raises(CommandError, match="exists already"):
        call_command("create_user", "ana@corvane.example", "--role", "sales")


def test_create_user_shows_a_good_password_once(capsys):
    call_command("create_user", "ana@corvane.example", "--role", "sales", "--json")

    password = printed(capsys)["password"]
    assert len(password) == 24
    assert User.objects.get().check_password(password)
    assert password not in str(SecurityLog.objects.values())


def test_disable_user_ends_their_sessions(client, seller, other_seller):
    client.force_login(seller)

    call_command("disable_user", seller.email)

    seller.refresh_from_db()
    assert not seller.is_active
    assert SecurityLog.objects.filter(event="user.disabled").count() == 1
    from django.contrib.sessions.models import Session

    assert not Session.objects.exists()


def test_import_rates_records_each_rate_once(tmp_path, capsys):
    path = tmp_path / "rates.csv"
    path.write_text(
        "currency,on,rate\nEUR,2026-01-01,1.1\nGBP,2026-01-01,0\nXXX,2026-01-01,1\nEUR,never,1\nUSD,2026-01-01,1\n"
    )

    call_command("import_rates", str(path), "--json")
    first = printed(capsys)
    call_command("import_rates", str(path), "--json")
    second = printed(capsys)

    assert (first["recorded"], second["recorded"], second["unchanged"]) == (1, 0, 1)
    assert [(bad["line"], bad["column"]) for bad in first["failed"]] == [
        (3, "rate"),
        (4, "currency"),
        (5, "on"),
        (6, "currency"),
    ]
    assert ExchangeRate.objects.get().rate == Decimal("1.1")
