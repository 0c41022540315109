"""Commands that set an installation up."""

from __future__ import annotations

import datetime as dt
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

    call_command(
        "create_api_client", "--source", "crm", "--name", "N", "--scopes", "contacts:read accounts:read", "--json"
    )

    told = printed(capsys)
    client = ApiClient.objects.get(client_id=told["client_id"])
    assert client.allowed_scopes == ["accounts:read", "contacts:read"]
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


def test_create_api_client_takes_its_limits(capsys):
    SourceFactory(slug="crm")
    limits = ["--ip-ranges", "203.0.113.9/24", "--expires-at", "2027-01-01T00:00:00Z", "--batch-status", "200"]

    call_command("create_api_client", "--source=crm", "--name=N", "--scopes=accounts:read", *limits, "--json")

    client = ApiClient.objects.get(client_id=printed(capsys)["client_id"])
    assert (client.ip_ranges, client.batch_status) == (["203.0.113.0/24"], 200)
    assert client.expires_at == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--scopes=accounts:own", "no scope accounts:own"),
        ("--ip-ranges=here", "no range of addresses"),
        ("--expires-at=2027-01-01T00:00:00", "needs its offset"),
    ],
)
def test_create_api_client_refuses_what_could_not_work(option, sentence):
    SourceFactory(slug="crm")

    with pytest.raises(CommandError, match=sentence):
        call_command("create_api_client", "--source=crm", "--name=N", "--scopes=accounts:read", option)

    assert not ApiClient.objects.exists()


def test_disable_api_client_tells_whether_it_did(capsys):
    SourceFactory(slug="crm")
    call_command("create_api_client", "--source=crm", "--name=N", "--scopes=accounts:read", "--json")
    name = printed(capsys)["client_id"]

    told = []
    for _ in range(2):
        call_command("disable_api_client", name, "--json")
        told.append(printed(capsys))

    assert told == [{"client_id": name, "disabled": 1}, {"client_id": name, "disabled": 0}]


def test_create_source_refuses_an_unknown_zone():
    with pytest.raises(CommandError, match="Enter a zone"):
        call_command("create_source", "crm", "--kind=other", "--time-zone=Mars/Olympus")

    assert not CrmSource.objects.exists()
