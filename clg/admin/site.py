"""The admin site: only screens of ours, and the one login with its second factor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from allauth.account.decorators import secure_admin_login
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from clg.admin import cells
from clg.admin.base import ProductAdmin

HITS_A_SCREEN = 8


def _hits(screen: ProductAdmin[Any], request: HttpRequest, term: str) -> list[SearchResult]:
    if not screen.get_search_fields(request):
        return []
    rows, _ = screen.get_search_results(request, screen.get_queryset(request), term)
    name = str(screen.opts.verbose_name).capitalize()
    opened = [row for row in rows[:HITS_A_SCREEN] if screen.rights.may_open(request.user, row)]
    return [SearchResult(str(row), name, cells.address(row), "arrow_outward") for row in opened]


class ProductAutocomplete(AutocompleteJsonView):
    """Suggestions name rows: only for those who may open one, since lists may say less than a name."""

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        screen = self.model_admin
        return isinstance(screen, ProductAdmin) and screen.rights.may_open(request.user)

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """In the screen's words; a row in sight whose page the reader may not open is offered without its name."""
        screen = cast(ProductAdmin[Any], self.model_admin)
        is_known = screen.rights.may_open(self.request.user, obj)
        told: dict[str, str] = super().serialize_result(obj, to_field_name)
        return {**told, "text": screen.suggested(obj) if is_known else "Hidden"}


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

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return ProductAutocomplete.as_view(admin_site=self)(request)

    def _search_models(
        self,
        request: HttpRequest,
        app_list: list[dict[str, Any]],
        search_term: str,
        allowed_models: list[str] | None = None,
    ) -> list[Any]:
        """A few rows of each screen that the person may open: the theme's own would name, and load, every hit."""
        found: list[SearchResult] = []
        for model, screen in self._registry.items():
            wanted = allowed_models is None or model._meta.label_lower in allowed_models
            if wanted and isinstance(screen, ProductAdmin) and screen.rights.may_open(request.user):
                found += _hits(screen, request, search_term)
        return found

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Our packages are no places of work: the sidebar has the lists in the order of work."""
        return redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One page changes a password, the one that the log of security hears of."""
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Signing out ends at the login, without a page between."""
        super().logout(request, extra_context)
        return redirect("account_login")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The login of the whole site: the admin has no door of its own that would pass by the second factor."""
        return secure_admin_login(super().login)(request, extra_context)
