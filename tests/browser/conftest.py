"""A real Chromium on a small demo tenant; without a Chromium these tests are not collected (`tests/conftest.py`)."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from advocacy.actions.attribution import attribute_changes
from advocacy.actions.readiness import score_readiness
from growth.demo.load.tenant import load_tenant
from growth.demo.people import LOGINS, password_of
from growth.demo.seed import Seed
from tests.browser import CHROMIUM

# Playwright runs an event loop in this thread; the fixtures' queries are ordinary ones all the same.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visitor:
    """A person at a browser: the page, and everything the browser complained about or fetched from elsewhere."""

    page: Page
    address: str
    seed: Seed
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def sign_in(self, role: str) -> None:
        """Sign in with the keyboard alone."""
        person = next(person for person in LOGINS if person.role == role)
        self.page.goto(f"{self.address}/admin/")
        self.page.locator("input[name=login]").press_sequentially(person.email)
        self.page.keyboard.press("Tab")
        self.page.locator("input[name=password]").fill(password_of(person, self.seed, settings.SECRET_KEY))
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.address}/admin/**")

    def opens(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")
        self.page.wait_for_load_state("networkidle")

    def note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(request.url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tenant(transactional_db: None) -> Seed:
    """A twentieth of the demo company, scored and attributed."""
    at = timezone.now()
    seed = Seed(7, at - dt.timedelta(minutes=5), 0.05)
    load_tenant(seed, secret=settings.SECRET_KEY)
    score_readiness(at=at)
    attribute_changes(at=at, by="test")
    return seed


@pytest.fixture
def visitor(browser: Browser, live_server: object, tenant: Seed) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    visitor = Visitor(page, str(live_server), tenant)
    page.on("console", visitor.note_console)
    page.on("request", visitor.note_request)
    yield visitor
    context.close()
