"""Possible duplicates: rows that look like one, side by side, to be merged or told apart. `crm-sync` section 14."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts.actions.merge import ask_again, merge_duplicates, tell_apart
from accounts.duplicates import KINDS, Group, groups, names_of, rows_like, value_of, words_about
from accounts.errors import NothingChosen, NotThere
from accounts.permissions import may_merge
from accounts.sync.keys import hanging_on
from accounts.sync.objects import SyncObject
from accounts.sync.unmerging import UNDO_DAYS
from clg import wording
from clg.admin import cells
from clg.errors import DomainError
from clg.permissions import Refused

GROUPS_ON_PAGE: Final = 25
# Beside each other; of more rows the oldest are compared first.
ROWS_COMPARED: Final = 6
# A longer number is no key: it would not fit the column.
KEY_DIGITS: Final = 19
_LIST: Final = "admin:accounts_mergeevent_duplicates"
_GROUP: Final = "admin:accounts_mergeevent_duplicate"


@dataclass(frozen=True)
class Side:
    """One row beside the others: what it says by field, what sources call it, what hangs on it."""

    row: Any
    said: Mapping[str, str]
    names: Sequence[str]
    hanging: Mapping[str, int]

    @property
    def key(self) -> int:
        return int(self.row.pk)

    @property
    def address(self) -> str:
        return cells.address(self.row)

    @property
    def weight(self) -> int:
        return sum(self.hanging.values())

    @property
    def told(self) -> str:
        return told(self.hanging)


def told(counts: Mapping[str, int]) -> str:
    """What hangs on a row or moves, in words: `3 contacts, 1 signal`."""
    return ", ".join(wording.count(number, *_forms(kind)) for kind, number in sorted(counts.items())) or "nothing"


@cache
def _forms(kind: str) -> tuple[str, str]:
    """One and many of a kind that is counted by its plural."""
    many = kind.replace("_", " ")
    names = ((model._meta.verbose_name, model._meta.verbose_name_plural) for model in apps.get_models())
    return next(((str(one), many) for one, plural in names if plural == many), (many, many))


def sides_of(of: SyncObject, rows: Sequence[Any]) -> list[Side]:
    """Rows side by side: two statements, however many."""
    keys = [row.pk for row in rows]
    hanging, names = hanging_on(of, keys), names_of(of, keys)
    return [Side(row, _said(of, row), names.get(row.pk, []), hanging.get(row.pk, {})) for row in rows]


def _said(of: SyncObject, row: Any) -> dict[str, str]:
    """What a row says of itself by the label of the field, empty where it says nothing."""
    said = {field.name.replace("_", " "): _text(row, field.target) for field in of.fields}
    for relation in of.relations:
        said[relation.name] = str(getattr(row, relation.name) or "")
    return said


def _text(row: Any, name: str) -> str:
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    return "" if value is None else str(value)


class WithDuplicates:
    """Gives the screen of merges the pages of what may be merged."""

    admin_site: Any
    opts: Any

    def duplicate_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("duplicates/", wrap(self.duplicates_view), name=_LIST[6:]),
            *(
                path(f"duplicates/{kind}/<int:key>/", wrap(self.duplicate_view), {"kind": kind}, f"{_GROUP[6:]}_{kind}")
                for kind in KINDS
            ),
        ]

    # --- The list --------------------------------------------------------------------------------------------
    def duplicates_view(self, request: HttpRequest) -> HttpResponse:
        """Groups of look-alikes of one kind, by value; `after` is a key of the last group of the page before."""
        _require_right(request)
        of = _kind(request.GET.get("of", "account"))
        is_apart = "apart" in request.GET
        found = groups(of, limit=GROUPS_ON_PAGE + 1, after=_after(of, request), is_apart=is_apart)
        shown, more = found[:GROUPS_ON_PAGE], found[GROUPS_ON_PAGE:]
        context = {
            "title": "Possible duplicates",
            "kinds": [(each, each is of) for each in KINDS.values()],
            "of": of,
            "is_apart": is_apart,
            "word": _word(of),
            "groups": _cards(of, shown),
            "next": shown[-1].keys[0] if more else None,
        }
        return self._page(request, "admin/accounts/duplicates.html", context)

    # --- One group -------------------------------------------------------------------------------------------
    def duplicate_view(self, request: HttpRequest, kind: str, key: int) -> HttpResponse:
        """Look-alikes side by side; what a merge would do of them, then the merge, or the word that they differ."""
        _require_right(request)
        of = KINDS[kind]
        rows = self._look_alikes(of, key)
        problem = ""
        if request.method == "POST" and "do" in request.POST:
            try:
                return self._done(request, of, rows)
            except DomainError as error:
                problem = error.message
                rows = self._look_alikes(of, key)
        return self._page(request, "admin/accounts/duplicate.html", self._compared(request, of, rows, problem))

    def _look_alikes(self, of: SyncObject, key: int) -> list[Any]:
        row = of.model._default_manager.filter(pk=key, deleted_at=None).first()
        related = [relation.name for relation in of.relations]
        rows = list(rows_like(of, row).select_related(*related)) if row else []
        if len(rows) < 2:
            raise Http404
        return rows

    def _compared(self, request: HttpRequest, of: SyncObject, rows: list[Any], problem: str) -> dict[str, Any]:
        sides = sides_of(of, rows[:ROWS_COMPARED])
        stays = _chosen(request, sides)
        leaving = _leaving(request, sides, stays)
        return {
            "title": f"The same {of.noun}?",
            "of": of,
            "sides": [(side, side is stays, side in leaving) for side in sides],
            "rows": _rows(sides),
            "alike": _alike(sides),
            "left_out": len(rows) - len(sides),
            "stays": stays,
            "leaving": leaving,
            "gaps": _gaps(stays, leaving),
            "undo_days": UNDO_DAYS,
            "is_apart": words_about(of, [row.pk for row in rows]).exists(),
            "problem": problem,
            "back": f"{reverse(_LIST)}?of={of.noun}",
        }

    def _done(self, request: HttpRequest, of: SyncObject, rows: list[Any]) -> HttpResponse:
        by: Any = request.user
        back = f"{reverse(_LIST)}?of={of.noun}"
        match request.POST["do"]:
            case "merge":
                said = _merge(request, rows)
            case "apart":
                tell_apart(of=of, keys=[row.pk for row in rows], by=by, at=timezone.now())
                said = f"Noted: not the same. You find them under {_word(of)}, told apart."
            case "again":
                ask_again(of=of, keys=[row.pk for row in rows])
                said = "They are among the possible duplicates again."
            case _:
                raise Http404
        messages.success(request, said)
        return HttpResponseRedirect(back)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


def _require_right(request: HttpRequest) -> None:
    """Who may merge sees what may be merged; both see every account and person."""
    if isinstance(verdict := may_merge(request.user), Refused):
        raise PermissionDenied(verdict.sentence)


def _kind(name: str) -> SyncObject:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


def _word(of: SyncObject) -> str:
    return of.plural.capitalize()


def _after(of: SyncObject, request: HttpRequest) -> str:
    """The value of the row that `after` names; addresses hold keys, never an address of a person."""
    key = request.GET.get("after", "")
    return value_of(of, int(key)) if key.isdecimal() and len(key) < KEY_DIGITS else ""


def _cards(of: SyncObject, found: Sequence[Group]) -> list[dict[str, Any]]:
    """Each group with its first rows; three statements for all of them."""
    keys = [key for group in found for key in group.keys[:ROWS_COMPARED]]
    rows = of.model._default_manager.select_related(*(relation.name for relation in of.relations)).in_bulk(keys)
    sides = {side.key: side for side in sides_of(of, [rows[key] for key in keys if key in rows])}
    return [
        {
            "value": group.value,
            "count": len(group.keys),
            "sides": [sides[key] for key in group.keys[:ROWS_COMPARED] if key in sides],
            "left_out": max(0, len(group.keys) - ROWS_COMPARED),
            "address": reverse(f"{_GROUP}_{of.noun}", args=[group.keys[0]]),
        }
        for group in found
    ]


def _rows(sides: Sequence[Side]) -> list[tuple[str, list[str]]]:
    """(field, what each side says) of the fields in which they differ."""
    return [
        (name, [side.said[name] for side in sides])
        for name in sides[0].said
        if len({side.said[name] for side in sides}) > 1
    ]


def _alike(sides: Sequence[Side]) -> list[str]:
    """`industry Steel` for each field in which all say the same."""
    first = sides[0].said
    return [f"{name} {value}" for name, value in first.items() if value and all(s.said[name] == value for s in sides)]


def _chosen(request: HttpRequest, sides: Sequence[Side]) -> Side:
    """The row that stays: the chosen one, else the one on which most hangs, of equals the oldest."""
    asked = request.POST.get("stays", "")
    return next((side for side in sides if str(side.key) == asked), max(sides, key=lambda side: side.weight))


def _leaving(request: HttpRequest, sides: Sequence[Side], stays: Side) -> list[Side]:
    """The rows that go into it: the ticked ones; before anybody ticked, all others."""
    ticked = request.POST.getlist("goes") if request.method == "POST" else [str(side.key) for side in sides]
    others = [side for side in sides if side is not stays]
    return others if len(others) == 1 else [side for side in others if str(side.key) in ticked]


def _gaps(stays: Side, leaving: Sequence[Side]) -> list[str]:
    """Fields that only those who go fill: they are not copied."""
    return [
        f"{name} ({', '.join(sorted({side.said[name] for side in leaving if side.said[name]}))})"
        for name, value in stays.said.items()
        if not value and any(side.said[name] for side in leaving)
    ]


def _merge(request: HttpRequest, rows: Sequence[Any]) -> str:
    """Merge as asked; only rows of the group can be named. Raises `DomainError`."""
    sides = [Side(row, {}, (), {}) for row in rows]
    stays = next((side for side in sides if str(side.key) == request.POST.get("stays")), None)
    if stays is None:
        raise NotThere
    leaving = _leaving(request, sides, stays)
    if not leaving:
        raise NothingChosen
    merged = merge_duplicates(winner=stays.row, losers=[side.row for side in leaving], at=timezone.now())
    return f"Merged into {stays.row}: {told(merged.moved)} moved. It can be undone under Merges for {UNDO_DAYS} days."
