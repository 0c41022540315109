"""How far a list of the admin counts its rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clg.admin import pages_of_list
from tests.factories.accounts import AccountFactory

pytestmark = pytest.mark.django_db
LIST = "admin:accounts_account_changelist"


@pytest.fixture(autouse=True)
def counted_to_two(monkeypatch):
    monkeypatch.setattr(pages_of_list, "MOST_COUNTED", 2)


@pytest.fixture
def signed_in(client, marketer):
    client.force_login(marketer)
    return client


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_a_list_that_was_counted_says_how_many_rows_it_has(signed_in):
    AccountFactory.create_batch(2)

    answer = words(signed_in.get(reverse(LIST)))

    assert "2 accounts" in answer
    assert "More than 2" not in answer


def test_a_longer_list_is_counted_no_further_and_says_so(signed_in):
    AccountFactory.create_batch(4)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = words(signed_in.get(reverse(LIST)))

    assert "More than 2 accounts" in answer
    (counting,) = [query["sql"] for query in captured.captured_queries if "COUNT(*)" in query["sql"]]
    assert counting.split("LIMIT")[1].startswith(" 3")
    assert "ORDER BY" not in counting
