"""The admin site: only screens of ours, and the one login with its second factor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

from clg.admin.base import ProductAdmin


class ProductSite(UnfoldAdminSite):
    """Packages register screens of their own tables (tokens, sessions, addresses) that know no `visible_to` and would
    show secrets; they are left out. What is worth a screen gets one of ours."""

    index_title = "Today"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[Any] | None = None,
        **options: Any,
    ) -> None:
        if admin_class is not None and issubclass(admin_class, ProductAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The login of the whole site: the admin has no door of its own that would pass by the second factor."""
        return secure_admin_login(super().login)(request, extra_context)
