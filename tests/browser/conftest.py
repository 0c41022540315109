"""A real Chromium on a small demo tenant; without a Chromium these tests are not collected (`tests/conftest.py`).

The tenant is loaded once a module: the journeys here read, and what they write (sessions) is in nobody's way.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
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
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visitor:
    """A person at a browser: the page, and everything the browser complained about or fetched from elsewhere."""

    page: Page
    address: str
    seed: Seed
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    fetched: list[tuple[str, int]] = field(default_factory=list)

    def type_password(self, role: str) -> None:
        """Sign in with the keyboard alone."""
        person = next(person for person in LOGINS if person.role == role)
        self.page.goto(f"{self.address}/admin/")
        self.page.locator("input[name=login]").press_sequentially(person.email)
        self.page.keyboard.press("Tab")
        self.page.locator("input[name=password]").fill(password_of(person, self.seed, settings.SECRET_KEY))
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.address}/admin/**")

    def sign_in(self, role: str) -> None:
        """Begin a session of the first person of a role, past the login page."""
        person = next(person for person in LOGINS if person.role == role)
        client = Client()
        client.force_login(User.objects.get(email=person.email))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address}])

    def opens(self, path: str) -> int:
        answer = self.page.goto(f"{self.address}{path}")
        self.page.wait_for_load_state("networkidle")
        assert answer is not None
        return answer.status

    def findings(self) -> list[str]:
        """What is wrong with the page as it stands: accessibility, complaints, foreign requests, sideways scroll."""
        # Without preload: it would read our sheet anew and look for its imports beside the page.
        result = Axe().run(self.page, options={"runOnly": RULES, "preload": False}).response
        found = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in result["violations"]]
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("scrolls sideways")
        found += self.complaints + self.strangers
        self.complaints.clear()
        self.strangers.clear()
        return found

    def note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(request.url)

    def note_answer(self, request: Request) -> None:
        self.fetched.append((request.resource_type, request.sizes()["responseBodySize"]))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tenant(django_db_setup: None, django_db_blocker: Any) -> Iterator[Seed]:
    """A twentieth of the demo company, scored and attributed."""
    at = timezone.now()
    seed = Seed(7, at - dt.timedelta(minutes=5), 0.05)
    with django_db_blocker.unblock():
        load_tenant(seed, secret=settings.SECRET_KEY)
        score_readiness(at=at)
        attribute_changes(at=at, by="test")
        yield seed
        _end_other_sessions()
        TransactionTestCase._fixture_teardown(TransactionTestCase())  # type: ignore[attr-defined]


def _end_other_sessions() -> None:
    """End the requests that the last page did not wait for; they would hold the database open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def _django_db_helper(tenant: Seed) -> None:
    """What pytest-django does for a test marked `django_db`: here nothing, since the tenant stays for the module."""


@pytest.fixture(scope="module")
def site(tenant: Seed) -> Iterator[str]:
    """The site on a port of its own; pytest-django's `live_server` would empty the database after every test."""
    server = LiveServer("localhost")
    server._live_server_modified_settings.enable()
    yield str(server)
    server._live_server_modified_settings.disable()
    server.stop()


@pytest.fixture
def visitor(browser: Browser, site: str, tenant: Seed) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    visitor = Visitor(page, site, tenant)
    page.on("console", visitor.note_console)
    page.on("request", visitor.note_request)
    page.on("requestfinished", visitor.note_answer)
    yield visitor
    context.close()
