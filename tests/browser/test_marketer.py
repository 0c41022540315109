"""Monday morning of a customer marketer: Today, a champion, a deal, each with its why."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from advocacy.models import Readiness
from tests.browser.conftest import Visitor
from tests.browser.rows import best_scored, richest_deal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_today_shows_the_two_questions_apart(visitor: Visitor):
    visitor.type_password("marketer")

    visitor.opens("/admin/")

    headings = " ".join(visitor.page.locator("h2, h3").all_inner_texts()).lower()
    assert "sourced pipeline" in headings
    assert "influenced pipeline" in headings


def test_champion_page_explains_the_score_to_the_hundredth(visitor: Visitor):
    readiness: Readiness = best_scored()
    visitor.sign_in("marketer")

    visitor.opens(f"/admin/advocacy/champion/{readiness.champion_id}/change/")

    text = visitor.page.locator("main").inner_text()
    assert f"Why readiness is {readiness.score}" in text
    assert sum(Decimal(part["points"]) for part in readiness.parts) == readiness.score


def test_model_switch_keeps_the_sum(visitor: Visitor):
    visitor.sign_in("marketer")
    visitor.opens(f"/admin/accounts/opportunity/{richest_deal().opportunity_id}/change/")
    assert "How each cent was given" in visitor.page.locator("main").inner_text()
    assert "1,000,000" in visitor.page.locator("main").inner_text()

    visitor.page.get_by_role("link", name=re.compile("u-shaped", re.IGNORECASE)).first.click()
    visitor.page.wait_for_load_state("networkidle")

    assert "1,000,000" in visitor.page.locator("main").inner_text()
