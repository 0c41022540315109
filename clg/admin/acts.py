"""Acts on one row: a button above its page, one small form, one action of the app, an answer in words.

An act asks once and says what will happen. What the business refuses comes back as a sentence on the form; nothing is
half-done, since every action is one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from clg.admin import cells
from clg.errors import DomainError, InvalidInput
from clg.permissions import Refused

TONE_ORDER: Final = ("danger", "", "primary")


class NoQuestion(forms.Form):
    """An act that needs nothing but a yes."""


class RowForm(forms.Form):
    """A form whose questions depend on the row, or on who answers them."""

    def __init__(self, *args: Any, row: Any, reader: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row, self.reader = row, reader


def everybody(reader: Any) -> bool:
    """No right of its own: `applies` says it all."""
    return True


def nothing_more(row: Any, reader: Any) -> str:
    """The sentence of the act says all that will happen."""
    return ""


@dataclass(frozen=True)
class Act:
    """One act. `run` gets the row, the cleaned answers, the person and the moment.

    `may` is the predicate of `permissions.py`, whose sentence is shown to who may not; `applies` says for which rows
    the act is offered. `sentence` says what will happen, `reach` what of it concerns this row, `done` what has
    happened. `tone` is primary, danger or empty.
    """

    name: str
    label: str
    sentence: str
    done: str
    run: Callable[[Any, Mapping[str, Any], Any, Any], object]
    applies: Callable[[Any, Any], object]
    form: type[forms.Form] = NoQuestion
    tone: str = ""
    may: Callable[[Any], object] = everybody
    reach: Callable[[Any, Any], str] = nothing_more

    def is_offered(self, row: Any, reader: Any) -> bool:
        return bool(self.may(reader) and self.applies(row, reader))

    def asked(self, row: Any, reader: Any, data: Any = None, files: Any = None) -> forms.Form:
        """The form of the act, empty or answered."""
        if issubclass(self.form, RowForm):
            return self.form(data, files, row=row, reader=reader)
        return self.form(data, files)


def act_address(row: Model, name: str, *, back: str = "") -> str:
    """Where an act on a row is asked; afterwards `back`, as it stands the row's own page."""
    where = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=[row.pk, name])
    return f"{where}?{urlencode({'back': back})}" if back else where


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
        """The acts allowed now: dangerous ones first, the primary one last, where the eye ends."""
        offered = [act for act in self.all_acts() if act.is_offered(row, request.user)]
        ordered = sorted(offered, key=lambda act: TONE_ORDER.index(act.tone))
        return [{"label": act.label, "tone": act.tone, "address": act_address(row, act.name)} for act in ordered]

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The form of an act; on POST the act itself. Outside sight is 404, in sight but not allowed 403."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        act = next((act for act in self.all_acts() if act.name == name), None)
        if row is None or act is None:
            raise Http404
        if isinstance(verdict := act.may(request.user), Refused):
            raise PermissionDenied(verdict.sentence)
        if not self.has_view_permission(request, row) or not act.is_offered(row, request.user):
            raise PermissionDenied
        form = act.asked(row, request.user, request.POST if request.method == "POST" else None)
        if form.is_valid() and (answer := self._acted(request, act, row, form)):
            return answer
        return TemplateResponse(request, "admin/clg/act.html", self._act_context(request, act, row, form))

    def _acted(self, request: HttpRequest, act: Act, row: Any, form: forms.Form) -> HttpResponse | None:
        try:
            made = act.run(row, form.cleaned_data, request.user, timezone.now())
        except DomainError as error:
            show_refusal(form, error)
            return None
        return self.act_done(request, act, row, made)

    def act_done(self, request: HttpRequest, act: Act, row: Any, made: Any) -> HttpResponse:
        """Where the person goes on after an act that answered with `made`: the page they came from."""
        messages.success(request, act.done)
        return HttpResponseRedirect(_way_back(request, row))

    def _act_context(self, request: HttpRequest, act: Act, row: Any, form: forms.Form) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"{act.label}: {row}",
            "act": act,
            "reach": act.reach(row, request.user),
            "form": form,
            "media": form.media,
            "row": row,
            "back": _way_back(request, row),
            "opts": self.opts,
        }


def _way_back(request: HttpRequest, row: Any) -> str:
    """Where the person came from, when that is a page of ours; else the row's page."""
    back = request.GET.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours else cells.address(row)


def show_refusal(form: forms.Form, error: DomainError) -> None:
    """The sentences of a refusal: beside the field each names, above the form where it has no such field."""
    if not isinstance(error, InvalidInput) or not error.errors:
        form.add_error(None, error.message)
        return
    for one in error.errors:
        form.add_error(_field_of(form, one.pointer), one.detail)


def _field_of(form: forms.Form, pointer: str) -> str | None:
    name = pointer.strip("/").replace("/", "_")
    return name if name in form.fields else None
