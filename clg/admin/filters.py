"""Filters of lists: each is a question in words, answered by a method of the queryset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter


class QuestionFilter(RadioFilter):
    """A question with a few answers. `answers` maps the code in the address to the words on the page.

    Subclasses say in `narrowed` which queryset method an answer means; the rule itself stays in the queryset.
    """

    answers: ClassVar[Mapping[str, str]] = {}
    all_option: ClassVar[list[str]] = ["", "All"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.answers.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        answer = self.value()
        known = dict(self.lookup_choices)
        return self.narrowed(queryset, answer) if answer in known else queryset

    def narrowed(self, queryset: Any, answer: str) -> Any:
        """The rows for one answer; as it stands, those whose field named like the parameter equals it."""
        return queryset.filter(**{self.parameter_name: answer})

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        options = [self.all_option, *self.lookup_choices]
        data = {self.parameter_name: self.value()}
        form = self.form_class(label=self.title, name=self.parameter_name, choices=options, data=data)
        yield {"form": form}
