"""Every list of the admin: the same number of queries for 3 and for 300 rows, and a page for every row."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, User
from advocacy.models import Champion
from tests.clg.admin.rows import MAKERS

SCREENS = sorted(MAKERS, key=lambda model: model._meta.label)


@pytest.fixture
def everyman(client, administrator, marketer):
    """One reader with both working roles, so that every screen opens."""
    marketer.groups.add(*administrator.groups.all())
    client.force_login(User.objects.get(pk=marketer.pk))
    return client


def address(model, page="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def queries_of(client, where):
    client.get(where)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(where)
    assert answer.status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_every_screen_has_a_maker_of_rows():
    assert set(admin.site._registry) == set(MAKERS)


@pytest.mark.django_db
@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model._meta.model_name)
def test_list_asks_as_often_for_300_rows_as_for_3(everyman, model):
    for number in range(3):
        MAKERS[model](number)
    few = queries_of(everyman, address(model))

    for number in range(3, 300):
        MAKERS[model](number)
    many = queries_of(everyman, address(model))

    assert len(many) == len(few), "\n".join(many[:40])


@pytest.mark.django_db
@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model._meta.model_name)
def test_page_of_a_row_opens_with_its_history(everyman, model):
    row = MAKERS[model](0)

    assert everyman.get(address(model, "change", row.pk)).status_code == 200
    assert everyman.get(address(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model._meta.model_name)
def test_every_screen_says_what_an_empty_list_waits_for(model):
    screen = admin.site._registry[model]

    assert len(screen.empty_title) > 5
    assert len(screen.empty_text) > 20


@pytest.mark.django_db
def test_empty_list_says_what_belongs_here(everyman):
    page = everyman.get(address(Champion)).content.decode()

    assert "Nobody is in the pool yet" in page


@pytest.mark.django_db
def test_empty_list_offers_the_one_way_to_fill_it(client, marketer, seller):
    way = reverse("admin:accounts_importjob_do", args=["upload"])

    client.force_login(marketer)
    assert f'href="{way}"' in client.get(address(Account)).content.decode()
    client.force_login(seller)
    assert f'href="{way}"' not in client.get(address(Account)).content.decode()


@pytest.mark.django_db
def test_filter_whose_empty_list_is_good_news_says_so(everyman):
    MAKERS[Champion](0)

    page = everyman.get(address(Champion), {"standing": "nominated"}).content.decode()

    assert "No nomination waits" in page


@pytest.mark.django_db
def test_filtered_list_without_rows_offers_the_way_back(everyman):
    MAKERS[Champion](0)

    page = everyman.get(address(Champion), {"standing": "paused"}).content.decode()

    assert "Nothing fits" in page
    assert "Show all champions" in page


@pytest.mark.django_db
@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model._meta.model_name)
def test_no_screen_offers_bulk_delete_or_opens_without_a_role(client, nobody, model):
    screen = admin.site._registry[model]
    client.force_login(nobody)

    assert screen.actions is None
    assert "delete_selected" not in screen.get_actions(SimpleNamespace(user=nobody, GET={}))
    assert client.get(address(model)).status_code == 403
