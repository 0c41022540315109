"""Acts on one row: a button above its page, one small form, one action of the app, an answer in words.

An act asks once and says what will happen. What the business refuses comes back as a sentence on the form; nothing is
half-done, since every action is one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from clg.admin import cells
from clg.errors import DomainError


class NoQuestion(forms.Form):
    """An act that needs nothing but a yes."""


@dataclass(frozen=True)
class Act:
    """One act. `run` gets the row, the cleaned answers, the person and the moment; `applies` says when it is offered.

    `sentence` says what will happen, `done` what has happened. `tone` is primary, danger or empty.
    """

    name: str
    label: str
    sentence: str
    done: str
    run: Callable[[Any, Mapping[str, Any], Any, Any], object]
    applies: Callable[[Any, Any], object]
    form: type[forms.Form] = NoQuestion
    tone: str = ""


_registered: dict[type[Model], list[Act]] = defaultdict(list)


def register_act(model: type[Model], act: Act) -> None:
    """Offer an act on the page of a model of a floor below."""
    _registered[model].append(act)


class WithActs(BaseModelAdmin):
    """Gives a screen its acts: the address of each, its form and its buttons."""

    acts: ClassVar[tuple[Act, ...]] = ()
    admin_site: Any
    model: type[Model]
    opts: Any

    def all_acts(self) -> list[Act]:
        """The screen's own acts, and those that floors above have registered."""
        return [*self.acts, *_registered[self.model]]

    def act_urls(self) -> Iterator[URLPattern]:
        if self.all_acts():
            name = f"{self.opts.app_label}_{self.opts.model_name}_act"
            yield path("<path:object_id>/act/<slug:name>/", self.admin_site.admin_view(self.act_view), name=name)

    def buttons_for(self, request: HttpRequest, row: Any) -> list[dict[str, str]]:
        """The acts allowed now, quiet ones first, so that the eye ends on the primary one."""
        offered = [act for act in self.all_acts() if act.applies(row, request.user)]
        ordered = sorted(offered, key=lambda act: act.tone == "primary")
        return [{"label": act.label, "tone": act.tone, "address": self._act_address(row, act)} for act in ordered]

    def _act_address(self, row: Any, act: Act) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_act", args=[row.pk, act.name])

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The form of an act; on POST the act itself. Outside sight is 404, in sight but not allowed 403."""
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        act = next((act for act in self.all_acts() if act.name == name), None)
        if row is None or act is None:
            raise Http404
        if not self.has_view_permission(request, row) or not act.applies(row, request.user):
            raise PermissionDenied
        form = act.form(request.POST if request.method == "POST" else None)
        if form.is_valid() and self._acted(request, act, row, form):
            return HttpResponseRedirect(cells.address(row))
        return TemplateResponse(request, "admin/clg/act.html", self._act_context(request, act, row, form))

    def _acted(self, request: HttpRequest, act: Act, row: Any, form: forms.Form) -> bool:
        try:
            act.run(row, form.cleaned_data, request.user, timezone.now())
        except DomainError as error:
            form.add_error(None, error.message)
            return False
        messages.success(request, act.done)
        return True

    def _act_context(self, request: HttpRequest, act: Act, row: Any, form: forms.Form) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"{act.label}: {row}",
            "act": act,
            "form": form,
            "row": row,
            "back": cells.address(row),
            "opts": self.opts,
        }
