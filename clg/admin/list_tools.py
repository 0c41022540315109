"""The row above a list: acts that concern no single row, such as starting a run or taking the rows away as a file."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from clg.admin import cells
from clg.admin.acts import Act, show_refusal
from clg.admin.fresh import require_fresh_login
from clg.errors import DomainError
from clg.permissions import Refused


class WithListTools(BaseModelAdmin):
    """Gives a list its own acts, whose `row` is None. An act that answers with a row leads to the page of it."""

    list_acts: ClassVar[tuple[Act, ...]] = ()
    list_before_template = "admin/clg/list_tools.html"
    admin_site: Any
    opts: Any
    gives_rights: ClassVar[bool]

    def get_urls(self) -> list[URLPattern]:
        own = path("do/<slug:name>/", self.admin_site.admin_view(self.list_act_view), name=self.name_of("do"))
        return [own, *super().get_urls()]  # type: ignore[misc]

    def name_of(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {**self.list_tools(request), **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, context)  # type: ignore[misc]
        return answer

    def list_tools(self, request: HttpRequest) -> dict[str, Any]:
        """What the row shows this person: `list_buttons`, each with label, tone and address."""
        offered = [act for act in self.list_acts if act.is_offered(None, request.user)]
        return {
            "list_buttons": [{"label": act.label, "tone": act.tone, "address": self._where(act)} for act in offered]
        }

    def _where(self, act: Act) -> str:
        return reverse(f"admin:{self.name_of('do')}", args=[act.name])

    def list_act_view(self, request: HttpRequest, name: str) -> HttpResponse:
        act = next((act for act in self.list_acts if act.name == name), None)
        if act is None:
            raise Http404
        if isinstance(verdict := act.may(request.user), Refused):
            raise PermissionDenied(verdict.sentence)
        if self.gives_rights and request.method == "POST":
            require_fresh_login(request)
        answers = (request.POST, request.FILES) if request.method == "POST" else ()
        form = act.asked(None, request.user, *answers)
        if form.is_valid() and (answer := self._list_acted(request, act, form)):
            return answer
        return TemplateResponse(request, "admin/clg/act.html", self._asked(request, act, form))

    def _list_acted(self, request: HttpRequest, act: Act, form: Form) -> HttpResponse | None:
        try:
            made = act.run(None, form.cleaned_data, request.user, timezone.now())
        except DomainError as error:
            show_refusal(form, error)
            return None
        return self.list_act_done(request, act, made)

    def list_act_done(self, request: HttpRequest, act: Act, made: Any) -> HttpResponse:
        """Where the person goes on: the page of the row that the act answered with, else the list."""
        messages.success(request, act.done)
        return HttpResponseRedirect(cells.address(made) if isinstance(made, Model) else self._list_address())

    def _list_address(self) -> str:
        return reverse(f"admin:{self.name_of('changelist')}")

    def _asked(self, request: HttpRequest, act: Act, form: Form) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": act.label,
            "act": act,
            "form": form,
            "media": form.media,
            "back": self._list_address(),
            "opts": self.opts,
        }
