"""Acts on the selected rows of a list: asked once on a page of their own, done row by row, told by numbers.

Each row is one call of one action, in its own transaction: what the business refuses for one row stops no other, and
comes back as its sentence with the number of rows it stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import BaseModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from clg import wording
from clg.admin.acts import Act
from clg.errors import DomainError

MOST_ROWS: Final = 200
"""Rows of one bulk act: some ten queries each, so a person waits for seconds at most."""
NAMED: Final = 8
ANSWERED: Final = "answered"


@dataclass
class Told:
    """What became of the rows: how many were done, and how often each sentence refused one."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def act_on_rows(act: Act, rows: Any, answers: Any, by: Any) -> Told:
    """The act on one row after the other; refusals are counted, not raised."""
    told, at = Told(), timezone.now()
    for row in rows:
        try:
            act.run(row, answers, by, at)
        except DomainError as error:
            told.refused[error.message] += 1
        else:
            told.done += 1
    return told


class WithBulkActs(BaseModelAdmin):
    """Gives a list its bulk acts; one is offered to whom its predicate lets."""

    bulk_acts: ClassVar[tuple[Act, ...]] = ()
    actions_on_top = True
    # Selecting thousands over all pages would keep the person waiting past the limit above.
    list_disable_select_all = True
    admin_site: Any
    opts: Any

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """In the form of Django's list: name -> (function, name, words)."""
        offered = [act for act in self.bulk_acts if act.may(request.user)]
        return {act.name: (_asking(act), act.name, act.label) for act in offered}

    def ask(self, request: HttpRequest, act: Act, rows: Any) -> HttpResponse | None:
        """The page that asks; with its answers the act itself, and the list again."""
        # Rows of the list whose page the person may not open are not theirs to act on or to be named.
        chosen = [row for row in rows[: MOST_ROWS + 1] if self.has_view_permission(request, row)]
        if len(chosen) > MOST_ROWS:
            messages.error(request, f"Choose at most {MOST_ROWS} at once. Nothing was done.")
            return None
        form = act.form(request.POST if ANSWERED in request.POST else None)
        if form.is_valid():
            _tell(request, act, self._noun(len(chosen)), act_on_rows(act, chosen, form.cleaned_data, request.user))
            return HttpResponseRedirect(request.get_full_path())
        return TemplateResponse(request, "admin/clg/bulk.html", self._question(request, act, chosen, form))

    def _question(self, request: HttpRequest, act: Act, rows: list[Any], form: forms.Form) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"{act.label}: {self._noun(len(rows))}",
            "act": act,
            "form": form,
            "media": form.media,
            "names": [self.suggested(row) for row in rows[:NAMED]],
            "more": max(0, len(rows) - NAMED),
            "keys": [row.pk for row in rows],
            "checkbox": ACTION_CHECKBOX_NAME,
            "answered": ANSWERED,
            "back": request.get_full_path(),
            "opts": self.opts,
        }

    def suggested(self, row: Any) -> str:
        """How a row is told apart from others; the screen may say it better."""
        return str(row)

    def _noun(self, number: int) -> str:
        return wording.count(number, str(self.opts.verbose_name), str(self.opts.verbose_name_plural))


def _asking(act: Act) -> Callable[[Any, HttpRequest, Any], HttpResponse | None]:
    def ask(screen: WithBulkActs, request: HttpRequest, rows: Any) -> HttpResponse | None:
        return screen.ask(request, act, rows)

    return ask


def _tell(request: HttpRequest, act: Act, chosen: str, told: Told) -> None:
    if told.done:
        messages.success(request, f"{wording.number(told.done)} of {chosen}: {act.done}")
    if told.refused:
        sentences = " ".join(f"{sentence} ({number})" for sentence, number in told.refused.most_common())
        messages.warning(request, f"{wording.number(told.refused.total())} of {chosen} not done: {sentences}")
