"""Monday morning of a customer marketer: Today, a champion, a deal, each with its why."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize

from advocacy.models import CreditSet, Readiness
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=390, height=844)


def best_scored() -> Readiness:
    return Readiness.objects.filter(champion__standing="active", score__isnull=False).order_by("-coverage", "id")[0]


def richest_deal() -> CreditSet:
    return (
        CreditSet.objects.filter(model__key="influenced-linear", state="lines")
        .extra(select={"touches": "cardinality(path)"})
        .order_by("-touches", "id")[0]
    )


def test_today_shows_the_two_questions_apart(visitor: Visitor):
    visitor.sign_in("marketer")

    visitor.opens("/admin/")

    headings = " ".join(visitor.page.locator("h2, h3").all_inner_texts()).lower()
    assert "sourced pipeline" in headings
    assert "influenced pipeline" in headings
    assert visitor.complaints == []
    assert visitor.strangers == []


def test_champion_page_explains_the_score_to_the_hundredth(visitor: Visitor):
    readiness = best_scored()
    visitor.sign_in("marketer")

    visitor.opens(f"/admin/advocacy/champion/{readiness.champion_id}/change/")

    text = visitor.page.locator("main, #main, body").first.inner_text()
    assert f"Why readiness is {readiness.score}" in text
    assert sum(Decimal(part["points"]) for part in readiness.parts) == readiness.score
    assert visitor.complaints == []


def test_deal_page_gives_every_cent(visitor: Visitor):
    credited = richest_deal()
    visitor.sign_in("marketer")

    visitor.opens(f"/admin/accounts/opportunity/{credited.opportunity_id}/change/")

    text = visitor.page.locator("body").inner_text()
    assert "How each cent was given" in text
    assert "1,000,000" in text
    assert visitor.complaints == []


def test_model_switch_keeps_the_sum(visitor: Visitor):
    credited = richest_deal()
    visitor.sign_in("marketer")
    visitor.opens(f"/admin/accounts/opportunity/{credited.opportunity_id}/change/")

    visitor.page.get_by_role("link", name=re.compile("u-shaped", re.IGNORECASE)).first.click()
    visitor.page.wait_for_load_state("networkidle")

    assert "1,000,000" in visitor.page.locator("body").inner_text()


@pytest.mark.parametrize("path", ["/admin/", "/admin/advocacy/champion/", "/admin/accounts/opportunity/"])
def test_page_fits_a_phone(visitor: Visitor, path: str):
    visitor.sign_in("marketer")
    visitor.page.set_viewport_size(PHONE)

    visitor.opens(path)

    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_own_panels_have_no_accessibility_violation(visitor: Visitor):
    readiness = best_scored()
    visitor.sign_in("marketer")
    visitor.opens(f"/admin/advocacy/champion/{readiness.champion_id}/change/")

    result = Axe().run(visitor.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag22aa"]})

    assert [violation["id"] for violation in result.response["violations"]] == []
