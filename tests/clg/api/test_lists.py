"""What holds of every list of the API, found by walking the addresses: `crm-sync` section 1, reading lists."""

from __future__ import annotations

import base64

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.clg.api.lists import ROWS, key_of, lists
from tests.factories.accounts import AccountFactory

pytestmark = pytest.mark.django_db
LISTS = [pytest.param(found, id=found.route.removeprefix("api/v1/")) for found in lists()]


@pytest.fixture
def reader(caller, settings):
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (60000, 60000))
    return caller()


def queries_of(client, address):
    client.get(address)  # the bucket is warm
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    return [query["sql"] for query in captured.captured_queries], answer.json()


def pages(client, path, **query):
    """Page by page, with a chance to write between them."""
    cursor = {}
    while True:
        page = client.get(path, {**query, **cursor}).json()
        yield page["data"]
        if not page["has_more"]:
            assert page["next_cursor"] is None
            return
        cursor = {"cursor": page["next_cursor"]}


def test_every_list_has_a_maker_of_rows():
    assert {found.route for found in lists()} == set(ROWS)


@pytest.mark.parametrize("found", LISTS)
def test_list_asks_as_often_for_300_rows_as_for_3(reader, found):
    for number in range(3):
        ROWS[found.route](number)
    few, shown = queries_of(reader, found.path + found.everything)
    assert len(shown["data"]) >= 3

    for number in range(3, 300):
        ROWS[found.route](number)
    many, shown = queries_of(reader, found.path + found.everything)

    assert len(shown["data"]) == 200
    assert len(many) == len(few), "\n".join(many[:40])


@pytest.mark.parametrize("order", ["id", "-id"])
@pytest.mark.parametrize("found", LISTS)
def test_rows_written_while_paging_appear_once_or_not_at_all(reader, found, order):
    for number in range(5):
        ROWS[found.route](number)
    before = [key_of(row) for page in pages(reader, found.path, limit=200, order=order) for row in page]

    seen = []
    for number, page in enumerate(pages(reader, found.path, limit=2, order=order)):
        seen += [key_of(row) for row in page]
        if number < 2:
            ROWS[found.route](10 + number)

    after = [key_of(row) for page in pages(reader, found.path, limit=200, order=order) for row in page]
    assert len(after) >= len(before) + 2
    assert seen == (after if order == "id" else before)


@pytest.mark.parametrize("found", LISTS)
def test_list_refuses_what_it_does_not_know_and_names_what_it_does(reader, found):
    answer = reader.get(found.path, {"offset": "2"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert {"limit", "cursor", "order", "fields"} <= set(answer.json()["allowed"])


@pytest.fixture
def cursor(reader):
    AccountFactory.create_batch(3, segment="smb")
    return reader.get("/api/v1/accounts?limit=1&segment=smb").json()["next_cursor"]


def _last_spare_bit(cursor):
    """The same bytes by another text: the last sign holds bits that no byte uses."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return cursor[:-1] + signs[signs.index(cursor[-1]) ^ 1]


def _next_key(cursor):
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    return base64.urlsafe_b64encode(raw.replace(b",", b",1", 3)).decode().rstrip("=")


@pytest.mark.parametrize(
    "alter",
    [
        lambda cursor: cursor[1:],
        lambda cursor: cursor[:-4],
        lambda cursor: cursor[:20] + "!" + cursor[20:],
        lambda cursor: cursor + "=",
        lambda cursor: cursor + "AAAA",
        lambda cursor: "",
        lambda cursor: "ä",
        _next_key,
        _last_spare_bit,
    ],
)
def test_altered_cursor_is_refused(reader, cursor, alter):
    altered = alter(cursor)
    assert altered != cursor

    answer = reader.get("/api/v1/accounts", {"segment": "smb", "cursor": altered})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/accounts", {}),
        ("/api/v1/accounts", {"segment": "mid"}),
        ("/api/v1/accounts", {"segment": "smb", "region": "emea"}),
        ("/api/v1/accounts", {"segment": "smb", "order": "-id"}),
        ("/api/v1/touches", {}),
    ],
)
def test_cursor_of_another_page_is_refused(reader, cursor, path, query):
    answer = reader.get(path, {**query, "cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_mismatch")


def test_cursor_goes_on_with_another_size_and_other_fields(reader, cursor):
    page = reader.get("/api/v1/accounts", {"segment": "smb", "cursor": cursor, "limit": 2, "fields": "segment"})

    assert page.json() == {"data": [{"segment": "smb"}, {"segment": "smb"}], "next_cursor": None, "has_more": False}
