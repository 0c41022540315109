"""The base of every screen of ours: rows in the reader's sight, rights by predicates, no bulk delete, history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import F, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from clg.admin.acts import WithActs
from clg.admin.fresh import require_fresh_login
from clg.admin.history import changes_of, may_read_history
from clg.admin.naming import names_of
from clg.admin.navigation import place_of
from clg.admin.pages_of_list import PagesOfList
from clg.admin.panels import panels_for
from clg.admin.ways import Way, open_ways
from clg.fieldpolicy import may_read
from clg.security_log import log_security
from clg.wording import UNKNOWN

Row = TypeVar("Row", bound=Model)

Rows = Any
"""A queryset with the methods of its model, which the admin's own signatures cannot name."""


def nobody(reader: Any) -> bool:
    """A right that no person has: the row is written by jobs and clients alone."""
    return False


@dataclass(frozen=True)
class Rights:
    """Who may do what on a screen, as predicates of `permissions.py`; the truth of the answer counts.

    `open` narrows who opens pages of single rows, where the list says less than the page; `open_row` which rows.
    """

    see: Callable[[Any], object] = nobody
    edit: Callable[[Any], object] = nobody
    add: Callable[[Any], object] = nobody
    open: Callable[[Any], object] | None = None
    open_row: Callable[[Any, Any], object] | None = None

    def may_open(self, reader: Any, row: Any = None) -> bool:
        """Whether the reader opens this row's page; without a row, whether the reader opens any."""
        if not self.see(reader) or (self.open is not None and not self.open(reader)):
            return False
        return row is None or self.open_row is None or bool(self.open_row(reader, row))


def unknown_last(order: Any, opts: Any) -> Any:
    """The same order with rows that have no value at its end: newest or largest first must not begin with them.

    Columns that always have a value keep the plain order, which their index serves, and so do relations, which are
    ordered as the rows they lead to.
    """
    if not isinstance(order, str) or not order.startswith("-") or order == "-pk":
        return order
    with suppress(FieldDoesNotExist):  # an annotation, or the column of a related row
        field = opts.get_field(order[1:])
        if field.is_relation or not field.null:
            return order
    return F(order[1:]).desc(nulls_last=True)


class ProductList(ChangeList):
    """A list whose heading says nothing of a total that was not counted, and whose unknown values stand last."""

    full_result_count: int | None
    way: Way | None = None

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return [unknown_last(order, self.opts) for order in super().get_ordering(request, queryset)]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.full_result_count or self.result_count
        self.way = None if self.result_count else self.model_admin.way_to_fill(request)

    @property
    def said_when_empty(self) -> tuple[str, str] | None:
        """Title and text for a filter, `name` or `name=value`, whose empty list is good news."""
        asked = {part for name, value in self.params.items() if value for part in (name, f"{name}={value}")}
        return next((said for answer, said in self.model_admin.empty_answers.items() if answer in asked), None)


class ProductAdmin(WithActs, ModelAdmin, Generic[Row]):
    """A screen of the product. Subclasses say who has which rights, and what an empty list teaches."""

    rights: ClassVar[Rights] = Rights()

    # Rows that give rights or hold secrets: changing one asks for a fresh login and is kept in the security log.
    gives_rights: ClassVar[bool] = False

    empty_title: ClassVar[str] = ""
    empty_text: ClassVar[str] = ""
    empty_ways: ClassVar[tuple[Way, ...]] = ()
    empty_answers: ClassVar[Mapping[str, tuple[str, str]]] = {}

    actions = None
    actions_on_top = False
    compressed_fields = True
    empty_value_display = UNKNOWN
    list_filter_submit = True
    list_fullwidth = True
    list_max_show_all = 200
    list_per_page = 50
    paginator = PagesOfList
    save_on_top = False
    # Counting a large table for a number nobody asked for would be the slowest query of the page.
    show_full_result_count = False
    show_facets = False
    view_on_site = False
    warn_unsaved_form = True
    change_form_outer_before_template = "admin/clg/panels.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Rows in the reader's sight, in the order and with the annotations of the list."""
        rows = self.listed(self.in_sight(request.user), request.user)
        ordering = [unknown_last(order, self.opts) for order in self.get_ordering(request)]
        return rows.order_by(*ordering) if ordering else rows

    def in_sight(self, reader: Any) -> Rows:
        """The rows this reader may know of."""
        rows: Rows = self.model._default_manager.all()
        return rows.visible_to(reader)

    def listed(self, rows: Rows, reader: Any) -> Rows:
        """The rows with what the columns show this reader, from one queryset method; nothing as it stands."""
        return rows

    def way_to_fill(self, request: HttpRequest) -> Way | None:
        """The one button of an empty list: to add a row, to begin an act of the list, to where its rows come from."""
        name = self.opts.label_lower
        added = Way(f"Add {self.opts.verbose_name}", name, page="add")
        acts = (Way(act.label, name, act.name) for act in getattr(self, "list_acts", ()))
        return next(iter(open_ways([added, *acts, *self.empty_ways], request)), None)

    def suggested(self, row: Any) -> str:
        """How a row of the list is told apart from others where one is chosen by searching."""
        return str(row)

    def now(self) -> Any:
        """The moment the page is drawn; the admin is a door, so it may ask the clock."""
        return timezone.now()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ProductList

    # --- Rights ----------------------------------------------------------------------------------------------
    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.rights.see(request.user)) if obj is None else self.rights.may_open(request.user, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.rights.edit(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(self.rights.add(request.user))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """Names lead to pages only for those who may open one."""
        if not self.rights.may_open(request.user):
            return None
        return super().get_list_display_links(request, list_display)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        """Out of sight is 404, the same as unknown: Django's own way home would name the id in a message."""
        raise Http404

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields of the page without those of a class that the reader's roles do not read."""
        read = partial(may_read, request.user, self.model)
        return [
            (title, {**options, "fields": kept})
            for title, options in super().get_fieldsets(request, obj)
            if (kept := _kept(options["fields"], read))
        ]

    # --- Pages -----------------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        return [*self.act_urls(), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if self.gives_rights and request.method == "POST":
            require_fresh_login(request)
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return answer

    def act_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        if self.gives_rights and request.method == "POST":
            require_fresh_login(request)
        return super().act_view(request, object_id, name)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, obj, "changed", message)
        return super().log_change(request, obj, message)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, obj, "created", message)
        return super().log_addition(request, obj, message)

    def _note(self, request: HttpRequest, obj: Any, act: str, message: Any) -> None:
        """The security log hears which fields moved, never their values."""
        if self.gives_rights:
            fields = [name for part in message for told in part.values() for name in told.get("fields", [])]
            name = str(self.opts.model_name)
            log_security(f"{name}.{act}", object_type=name, object_id=f"{name}:{obj.pk}", data={"fields": fields})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list under the words of the sidebar, not 'Select account to view'."""
        context = {"title": place_of(self.opts, request.GET).title, **(extra_context or {})}
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"show_history": may_read_history(request.user), **(extra_context or {})}
        if request.method == "GET":
            row = self.get_object(request, object_id)
            if row is not None and self.has_view_permission(request, row):
                context["panels"] = panels_for(request, row)
                context["buttons"] = self.buttons_for(request, row)
        return super().change_view(request, object_id, form_url, context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed what, when and why, from the audit history of the database, not from the admin's own log."""
        row = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if not may_read_history(request.user) or not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "changes": changes_of(row, reader=request.user, names=names_of(self.admin_site, request.user)),
            "object": row,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/clg/history.html", context)


def _kept(fields: Iterable[Any], read: Callable[[str], bool]) -> list[Any]:
    """The fields that pass, in their lines; a line of which nothing is left goes."""
    lines = ([name for name in ([each] if isinstance(each, str) else each) if read(name)] for each in fields)
    return [line[0] if len(line) == 1 else tuple(line) for line in lines if line]


class ReadOnlyAdmin(ProductAdmin[Row]):
    """Ledgers, runs and what jobs or CRMs write: seen by people, changed by nobody here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
