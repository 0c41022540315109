"""Saved filters: each person's own names for what they look at again and again, as chips above the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from clg.admin.list_tools import WithListTools
from clg.errors import Conflict
from clg.models import SavedFilter

MOST: Final = 12
"""Chips of one list; more would be a list of their own."""
OF_THE_PAGE: Final = ("p", "all", "e", "_popup", "_to_field", "_changelist_filters")


class SaveForm(forms.Form):
    name = forms.CharField(max_length=60)
    query = forms.CharField(max_length=1000)


def filters_of(query: str) -> str:
    """The filters, search and order of an address, always written the same way; '' for the list as it is."""
    kept = QueryDict(query, mutable=True)
    for name in OF_THE_PAGE:
        kept.pop(name, None)
    pairs = sorted((name, value) for name, values in kept.lists() for value in values if value)
    written = QueryDict(mutable=True)
    for name, value in pairs:
        written.appendlist(name, value)
    return written.urlencode()


@transaction.atomic
def save_filter(*, owner: str, screen: str, name: str, query: str) -> SavedFilter:
    """Keep filters under a name; the same name again means the new ones. Raises `Conflict` (too_many_filters)."""
    own = SavedFilter.objects.filter(owner=owner, screen=screen)
    if not own.filter(name=name).exists() and own.count() >= MOST:
        raise Conflict(f"You have {MOST} saved filters here; remove one first.", code="too_many_filters")
    saved, _ = own.update_or_create(owner=owner, screen=screen, name=name, defaults={"query": filters_of(query)})
    return saved


def forget_filter(*, owner: str, key: int) -> bool:
    """Remove a filter of one's own; whether there was one."""
    return bool(SavedFilter.objects.filter(owner=owner, pk=key).delete()[0])


class WithSavedFilters(WithListTools):
    """Gives a list its chips."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("filters/save/", self._posted(self.save_view), name=self.name_of("save")),
            path("filters/<int:key>/forget/", self._posted(self.forget_view), name=self.name_of("forget")),
            *super().get_urls(),
        ]

    def _posted(self, view: Callable[..., HttpResponse]) -> Any:
        return self.admin_site.admin_view(require_POST(view))

    def list_tools(self, request: HttpRequest) -> dict[str, Any]:
        """Also `chips`, each with name, address, whether it holds now and how it is forgotten, and `to_save`."""
        now = filters_of(request.META.get("QUERY_STRING", ""))
        saved = SavedFilter.objects.filter(owner=_owner(request), screen=self.opts.label_lower)
        chips = [self._chip(one, now) for one in saved]
        is_saved = any(chip["is_chosen"] for chip in chips)
        context = {"chips": chips, "to_save": "" if is_saved else now, "save_address": self._address("save")}
        return {**super().list_tools(request), **context}

    def _chip(self, one: SavedFilter, now: str) -> dict[str, Any]:
        is_chosen = one.query == now
        return {
            "name": one.name,
            # The chip that holds leads back to the whole list.
            "address": "?" if is_chosen else f"?{one.query}",
            "is_chosen": is_chosen,
            "forget": self._address("forget", one.pk),
        }

    def save_view(self, request: HttpRequest) -> HttpResponse:
        self._require_sight(request)
        form = SaveForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Give the filters a name of 1 to 60 characters.")
            return self._back(request.POST.get("query", ""))
        try:
            saved = save_filter(owner=_owner(request), screen=self.opts.label_lower, **form.cleaned_data)
        except Conflict as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"Saved as “{saved.name}”. Only you see it.")
        return self._back(form.cleaned_data["query"])

    def forget_view(self, request: HttpRequest, key: int) -> HttpResponse:
        self._require_sight(request)
        forget_filter(owner=_owner(request), key=key)
        return self._back("")

    def _require_sight(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _back(self, query: str) -> HttpResponse:
        return HttpResponseRedirect(f"{self._address('changelist')}?{filters_of(query)}".rstrip("?"))

    def _address(self, page: str, *keys: int) -> str:
        return reverse(f"admin:{self.name_of(page)}", args=keys)


def _owner(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"
