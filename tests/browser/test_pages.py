"""Every kind of page, as a person without mouse, without sight of colors or with a phone meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.conftest import Visitor
from tests.browser.rows import best_scored, richest_deal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = ViewportSize(width=390, height=844)
PUBLIC = ["/account/login/", "/account/password/reset/", "/account/signup/", "/problems/"]
MOST_BYTES = 60_000


def kinds_of_pages() -> list[str]:
    """One of each kind: home, list, filtered list without rows, page with panels, act, form, history."""
    champion = best_scored().champion_id
    return [
        "/admin/",
        "/admin/advocacy/champion/",
        "/admin/accounts/opportunity/?q=nobody+is+called+so",
        f"/admin/advocacy/champion/{champion}/change/",
        f"/admin/advocacy/champion/{champion}/history/",
        f"/admin/accounts/opportunity/{richest_deal().opportunity_id}/change/",
    ]


def test_every_kind_of_page_is_sound(visitor: Visitor):
    visitor.sign_in("marketer")
    found = {}

    for path in kinds_of_pages():
        assert visitor.opens(path) == 200
        found[path] = visitor.findings()

    assert {path: problems for path, problems in found.items() if problems} == {}


def test_forms_of_an_administrator_are_sound_on_a_phone(visitor: Visitor):
    visitor.sign_in("administrator")
    visitor.page.set_viewport_size(PHONE)
    found = {}

    for path in ("/admin/", "/admin/accounts/user/add/", "/admin/accounts/crmsource/add/", "/admin/accounts/user/"):
        assert visitor.opens(path) == 200
        found[path] = visitor.findings()

    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize("path", PUBLIC)
def test_public_page_is_sound_and_light(visitor: Visitor, path: str):
    visitor.page.set_viewport_size(PHONE)

    visitor.opens(path)

    # Besides the mark, an image of a few hundred bytes, also as the sign of the tab ("other").
    kinds = [kind for kind, _ in visitor.fetched if kind not in {"image", "other"}]
    assert sorted(set(kinds)) == sorted(kinds)
    assert set(kinds) <= {"document", "stylesheet", "script"}
    assert sum(size for _, size in visitor.fetched) < MOST_BYTES
    assert visitor.findings() == []


def test_refusal_says_so_and_leads_back(visitor: Visitor):
    visitor.sign_in("sales")

    status = visitor.opens("/admin/advocacy/champion/")

    assert status == 403
    assert "You may not open this" in visitor.page.locator("h1").inner_text()
    visitor.page.get_by_role("link", name="Go to the start page").click()
    expect(visitor.page).to_have_url(f"{visitor.address}/admin/")


def test_keyboard_reaches_everything(visitor: Visitor):
    visitor.sign_in("marketer")
    visitor.opens("/admin/advocacy/champion/")
    keys, focused = visitor.page.keyboard, visitor.page.locator(":focus")

    keys.press("Tab")
    expect(focused).to_have_text("Skip to the content")
    outline = focused.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline != "none"
    keys.press("Enter")
    expect(focused).to_have_attribute("id", "content")

    keys.press("/")
    expect(focused).to_have_attribute("id", "searchbar")
    focused.evaluate("element => element.blur()")

    keys.press("?")
    expect(visitor.page.locator("dialog#keys")).to_be_visible()
    keys.press("Escape")
    expect(visitor.page.locator("dialog#keys")).to_be_hidden()

    keys.press("g")
    keys.press("o")
    expect(visitor.page).to_have_url(f"{visitor.address}/admin/accounts/opportunity/")


def test_search_and_menu_open_by_keyboard(visitor: Visitor):
    visitor.sign_in("marketer")
    visitor.opens("/admin/")
    person = best_scored().champion.contact

    visitor.page.keyboard.press("/")
    expect(visitor.page.locator("#search-input-command")).to_be_focused()
    visitor.page.keyboard.type(person.last_name)
    expect(visitor.page.locator("#command-results-list")).to_contain_text(person.last_name)
    visitor.page.locator("#search-input-command").fill("")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("#search-input-command")).to_be_hidden()

    visitor.page.get_by_role("button", name="Maya").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("link", name="Sessions")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("link", name="Sessions")).to_be_hidden()
