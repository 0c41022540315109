"""Conventions of `crm-sync` section 1 that hold at every address: media, ids of requests, conditions, whoever fails."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import re

import pytest
from django.db import connection
from django.test import Client

from accounts.api.accounts import Accounts
from clg.logs import logging_config
from tests.callers import bearer, make_client, make_token
from tests.factories.accounts import AccountFactory, ContactFactory, OpportunityFactory

pytestmark = pytest.mark.django_db
REQUEST_ID = "[0-9A-HJKMNP-TV-Z]{26}"


@pytest.fixture
def lines():
    """The log lines of requests, parsed."""
    stream = io.StringIO()
    config = logging_config()
    config["handlers"]["stdout"]["stream"] = stream
    before = list(logging.getLogger().handlers)
    logging.config.dictConfig(config)
    yield lambda: [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == "request"]
    logging.getLogger().handlers = before


def defect(monkeypatch):
    monkeypatch.setattr(Accounts, "rows", lambda self: 1 / 0)


def is_problem(answer, status, code):
    """One body in the form of RFC 9457 with our members, whatever went wrong."""
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert {"type", "title", "status", "detail", "instance", "code", "request_id", "retryable"} <= set(body)
    assert body["type"].endswith(f"/problems/{code}")
    assert re.fullmatch(REQUEST_ID, body["request_id"])
    assert answer["X-Request-ID"] == body["request_id"]
    return body


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/", 404, "not_found"),
        ("/api/v1/accounts/", 404, "not_found"),
        ("/api/v1/accounts/a/b/c", 404, "not_found"),
        ("/api/v2/accounts", 404, "not_found"),
        ("/api/", 404, "not_found"),
        ("/api/v1/accounts/nobody", 404, "not_found"),
        ("/api/v1/accounts/acc_" + "0" * 31, 404, "not_found"),
        ("/api/v1/accounts/con_" + "0" * 32, 404, "not_found"),
        ("/api/v1/accounts/ACC_" + "0" * 32, 404, "not_found"),
        ("/api/v1/accounts/%00", 404, "not_found"),
        ("/api/v1/accounts/%FF", 404, "not_found"),
        ("/api/v1/accounts/by-external-id/%00", 404, "not_found"),
        ("/api/v1/accounts/by-external-id/" + "x" * 5000, 404, "not_found"),
        ("/api/v1/attribution-models/%00", 404, "not_found"),
        ("/api/v1/attribution-models/%00/versions", 404, "not_found"),
        ("/api/v1/attribution-summaries?model=%00", 400, "invalid_parameter"),
        ("/api/v1/attribution-summaries?model=a%20b", 404, "not_found"),
        ("/api/v1/accounts?limit=%F0%9F%98%80", 400, "invalid_parameter"),
        ("/api/v1/accounts?%00=1", 400, "unknown_parameter"),
        ("/api/v1/accounts?=1", 400, "unknown_parameter"),
        ("/api/v1/accounts?segment=", 400, "invalid_parameter"),
        ("/api/v1/accounts?segment=a,%20b", 400, "invalid_parameter"),
        ("/api/v1/accounts?segment=" + "x" * 256, 400, "invalid_parameter"),
        ("/api/v1/accounts?fields=", 400, "invalid_parameter"),
        ("/api/v1/accounts?created_after=2026-02-30", 400, "invalid_parameter"),
        ("/api/v1/accounts?created_after=2026-01-01T00:00:00", 400, "invalid_parameter"),
        ("/api/v1/accounts?" + "&".join(f"p{n}=1" for n in range(1500)), 400, "bad_request"),
    ],
)
def test_bad_addresses_and_queries_are_problems(caller, path, status, code):
    client = caller()
    client.raise_request_exception = False

    is_problem(client.get(path), status, code)


@pytest.mark.parametrize(
    "moment", ["2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01t00:00:00z", "0001-01-01T00:00:00+14:00"]
)
def test_moments_are_days_or_have_an_offset(caller, moment):
    AccountFactory()

    page = caller("accounts:read").get("/api/v1/accounts", {"created_after": moment})

    assert (page.status_code, len(page.json()["data"])) == (200, 1)


def test_error_of_middleware_is_a_problem(settings):
    settings.ALLOWED_HOSTS = ["corvane.example"]

    is_problem(Client().get("/api/v1/accounts"), 400, "bad_request")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/accounts", "/api/v1/accounts/acc_0"])
def test_salesforce_reads_errors_as_plain_json(caller, monkeypatch, path):
    defect(monkeypatch)
    client = caller("accounts:read")
    client.raise_request_exception = False

    answer = client.get(path, headers={"accept": "application/json"})

    assert answer.status_code in (404, 500)
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["request_id"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json; charset=utf-8", "application/json"),
        ("application/jsonp, */*", "application/problem+json"),
        ("application/json, */*;q=0.1", "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("application/problem+json;q=0, application/json", "application/json"),
    ],
)
def test_media_of_an_error_is_what_accept_names(caller, accept, content_type):
    answer = caller("accounts:read").get("/api/v1/accounts/acc_0", headers={"accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (404, content_type)


def test_answers_are_json_without_charset_and_kept_nowhere(caller):
    answer = caller("accounts:read").get("/api/v1/accounts")

    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/json", "no-store")


def test_request_id_is_ours_in_header_body_and_log(caller, lines):
    theirs = "their-id.42"

    answer = caller("accounts:read").get("/api/v1/accounts/acc_0", headers={"x-request-id": theirs})

    (line,) = lines()
    assert line["request_id"] == answer["X-Request-ID"] == answer.json()["request_id"] != theirs
    assert (line["client_request_id"], line["status"], line["route"]) == (
        theirs,
        404,
        "/api/v1/accounts/<str:public_id>",
    )


@pytest.mark.parametrize("theirs", ["x" * 101, "line\tbreak", "a b", "é"])
def test_strange_request_id_of_a_client_is_not_logged(caller, lines, theirs):
    caller("accounts:read").get("/api/v1/accounts", headers={"x-request-id": theirs})

    assert "client_request_id" not in lines()[0]


def test_each_request_has_its_own_id(caller):
    client = caller("accounts:read")

    ids = {client.get("/api/v1/accounts")["X-Request-ID"] for _ in range(5)}

    assert len(ids) == 5
    assert all(re.fullmatch(REQUEST_ID, each) for each in ids)


@pytest.mark.parametrize("held", ['"v1"', 'W/"v1"', '"v0", "v1"', "*"])
def test_held_version_is_not_sent_again(caller, held):
    account = AccountFactory()

    answer = caller("accounts:read").get(f"/api/v1/accounts/{account.name_outside}", headers={"if-none-match": held})

    assert (answer.status_code, answer["ETag"], answer.content) == (304, '"v1"', b"")


@pytest.mark.parametrize("held", ['"v2"', "v1", '""', "nonsense"])
def test_other_versions_are(caller, held):
    account = AccountFactory()

    answer = caller("accounts:read").get(f"/api/v1/accounts/{account.name_outside}", headers={"if-none-match": held})

    assert (answer.status_code, answer["ETag"]) == (200, '"v1"')


def test_version_moves_only_with_a_change(caller):
    account = AccountFactory()
    client = caller("accounts:read")
    path = f"/api/v1/accounts/{account.name_outside}"
    first = client.get(path)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET version = version + 1 WHERE id = %s", [account.pk])

    again = client.get(path, headers={"if-none-match": first["ETag"]})

    assert (again.status_code, again["ETag"], again.json()["version"]) == (200, '"v2"', 2)


@pytest.mark.parametrize("path", ["/api/v1/accounts", "/api/v1/accounts/count"])
def test_head_is_get_without_a_body(caller, path):
    client = caller("accounts:read")

    answer = client.head(path)

    assert (answer.status_code, answer.content) == (200, b"")
    assert {"RateLimit", "X-Request-ID"} <= set(answer.headers)


def test_expand_needs_the_scope_of_what_it_embeds(caller):
    contact = ContactFactory()
    client = caller("contacts:read")

    is_problem(client.get("/api/v1/contacts?expand=account"), 403, "missing_scope")
    is_problem(client.get(f"/api/v1/contacts/{contact.name_outside}?expand=account"), 403, "missing_scope")
    is_problem(client.get("/api/v1/contacts?fields=account.name"), 400, "invalid_parameter")


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("fields=id", {"id"}),
        ("fields=id,id", {"id"}),
        ("fields=name,account.id,account", {"name", "account"}),
        ("fields=contacts.id,version", {"contacts", "version"}),
    ],
)
def test_fields_are_just_those(caller, query, keys):
    OpportunityFactory()

    (row,) = caller("opportunities:read").get(f"/api/v1/opportunities?{query}").json()["data"]

    assert set(row) == keys


def test_count_stops_at_ten_thousand(caller):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts_account (name) SELECT 'Account ' || n FROM generate_series(1, 10001) n")
    client = caller("accounts:read")

    beyond = client.get("/api/v1/accounts/count").json()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET name = '' WHERE name = 'Account 1'")
    exact = client.get("/api/v1/accounts/count").json()

    assert beyond == {"count": 10_000, "exact": False}
    assert exact == {"count": 10_000, "exact": True}


def test_limit_is_counted_per_client_not_per_address(crm, settings):
    settings.API_RATES = {**settings.API_RATES, "read": (60, 2)}
    one, other = (bearer(make_token(make_client(crm, "accounts:read"))) for _ in range(2))

    codes = [one.get("/api/v1/accounts").status_code for _ in range(3)]

    assert (codes, other.get("/api/v1/accounts").status_code) == ([200, 200, 429], 200)


def test_refused_call_counts_too(caller, settings):
    settings.API_RATES = {**settings.API_RATES, "read": (60, 2)}
    client = caller("accounts:read")

    codes = [client.get("/api/v1/accounts?colour=red").status_code for _ in range(3)]

    assert codes == [400, 400, 429]


@pytest.mark.parametrize("media", ["text/csv", "application/xml", "multipart/form-data; boundary=x", ""])
def test_get_has_no_body_to_refuse(caller, media):
    answer = caller("accounts:read").generic("GET", "/api/v1/accounts", b"{}", content_type=media)

    assert answer.status_code == 200


@pytest.mark.parametrize("version", ["3.1", "3.0"])
def test_documents_are_doors_like_all_others(caller, session, marketer, settings, version):
    path = f"/api/v1/openapi-{version}.json"
    client = caller("changes:read")

    answer = client.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["RateLimit-Policy"].startswith('"read"')
    assert session(marketer).get(path).status_code == 200
    is_problem(Client().get(path), 401, "not_authenticated")
    is_problem(client.get(f"{path}?lang=de"), 400, "unknown_parameter")
    is_problem(client.post(path), 405, "method_not_allowed")
    is_problem(client.get(path, headers={"accept": "text/html"}), 406, "not_acceptable")
