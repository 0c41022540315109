"""The frame around every page of the admin: the words of the sidebar, landmarks, the ways out."""

from __future__ import annotations

import pytest
from django.urls import reverse

from clg.admin.navigation import ORDER, place_of
from tests.clg.admin.rows import MAKERS
from tests.clg.admin.test_lists import address

pytestmark = pytest.mark.django_db

LISTED = {entry.model for _, entries in ORDER for entry in entries}


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model._meta.model_name)
def test_every_list_has_a_place_in_the_sidebar(model):
    place = place_of(model._meta)

    assert model._meta.label_lower in LISTED
    assert place.group
    assert place.address == address(model)


def test_heading_says_what_the_sidebar_says(client, administrator):
    client.force_login(administrator)

    page = client.get(reverse("admin:accounts_crmsource_changelist")).content.decode()

    assert "<title> Sources | CLG</title>" in page
    assert '<span class="clg-trail-part">Integrations</span>' in page
    assert "Add source" in page


def test_heading_of_a_filtered_list_is_that_of_its_line(client, marketer):
    client.force_login(marketer)

    page = client.get(reverse("admin:advocacy_champion_changelist"), {"standing": "nominated", "q": "ann"})

    assert page.context["title"] == "Nominations"
    active = [
        item["title"] for group in page.context["sidebar_navigation"] for item in group["items"] if item["active"]
    ]
    assert active == ["Nominations"]


@pytest.mark.parametrize(("role", "shown"), [("marketer", True), ("csm", False), ("seller", False), ("leader", False)])
def test_work_that_waits_is_offered_to_those_who_may_do_it(client, request, role, shown):
    client.force_login(request.getfixturevalue(role))

    page = client.get(reverse("admin:index")).content.decode()

    assert ("Touches to review" in page) is shown


def test_page_of_a_row_leads_back_to_its_list(client, administrator):
    source = next(model for model in MAKERS if model.__name__ == "CrmSource")
    row = MAKERS[source](0)
    client.force_login(administrator)

    page = client.get(address(source, "change", row.pk)).content.decode()

    assert f'<a class="clg-trail-part" href="{address(source)}">Sources</a>' in page
    assert f"<bdi>{row}</bdi>" in page


def test_page_has_one_main_part_and_a_way_past_the_sidebar(client, marketer):
    client.force_login(marketer)

    page = client.get(reverse("admin:index")).content.decode()

    assert page.count("<main") == 1
    assert 'href="#content"' in page
    assert 'id="content"' in page


@pytest.mark.parametrize("app", ["accounts", "advocacy", "clg"])
def test_a_package_of_ours_is_no_page(client, administrator, app):
    client.force_login(administrator)

    answer = client.get(reverse("admin:app_list", args=[app]))

    assert answer.url == reverse("admin:index")


def test_password_is_changed_in_one_place(client, marketer):
    client.force_login(marketer)

    answer = client.get(reverse("admin:password_change"))

    assert answer.url == reverse("account_change_password")


def test_signing_out_ends_at_the_login(client, marketer):
    client.force_login(marketer)

    answer = client.post(reverse("admin:logout"))

    assert answer.url == reverse("account_login")
    assert "_auth_user_id" not in client.session


def test_roles_are_boxes_in_words(client, administrator, nobody):
    client.force_login(administrator)

    page = client.get(reverse("admin:accounts_user_change", args=[nobody.pk])).content.decode()

    assert "Customer success manager" in page
    assert 'type="checkbox" name="groups"' in page
