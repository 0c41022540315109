"""Every page that each role can open, on a desk and on a phone, light and dark: long, so nightly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import ViewportSize

from accounts.models import User
from growth.demo.people import LOGINS
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.django_db(transaction=True)]

DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
ROLES = ["administrator", "marketer", "sales", "csm", "leader", "auditor"]
OWN = ["/admin/", "/account/2fa/", "/account/sessions/", "/account/password/change/", "/account/logout/"]


def pages_of(role: str) -> Iterator[str]:
    """Today, the account pages, and of every list in sight: the list, its first row, that row's history, the form."""
    yield from OWN
    client = Client()
    client.force_login(User.objects.get(email=next(person.email for person in LOGINS if person.role == role)))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").first()
        wanted = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if row is not None:
            wanted += [reverse(f"{name}_change", args=[row.pk]), reverse(f"{name}_history", args=[row.pk])]
        yield from (path for path in wanted if client.get(path).status_code == 200)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_sound(visitor: Visitor, role: str, size: ViewportSize, theme: str):
    visitor.sign_in(role)
    visitor.page.set_viewport_size(size)
    visitor.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    found = {}

    for path in pages_of(role):
        assert visitor.opens(path) == 200, path
        found[path] = visitor.findings()

    assert {path: problems for path, problems in found.items() if problems} == {}
