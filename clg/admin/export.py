"""Taking a list away as a file: the very rows of the list, as filtered, searched and in sight, kept in the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clg.admin.fresh import require_fresh_login
from clg.admin.list_tools import WithListTools
from clg.api.rates import Limit, take
from clg.exports import Cell, csv_file
from clg.permissions import Refused, Verdict
from clg.security_log import log_security

# `security` section 5.
FILES_A_DAY: Final = Limit("exports", quota=20, burst=20, seconds=86_400)
ROWS_A_DAY: Final = Limit("exported_rows", quota=100_000, burst=100_000, seconds=86_400)


@dataclass(frozen=True)
class Column:
    """One column of a file: its head, and what it holds of a row of the list."""

    head: str
    value: Callable[[Any], Cell]


class WithExport(WithListTools):
    """Gives a list its export, for whom `may_export` lets."""

    export_columns: ClassVar[Sequence[Column]] = ()
    admin_site: Any
    opts: Any

    def may_export(self, reader: Any) -> Verdict:
        """Whether this person may take rows away; the predicate of `permissions.py`."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "export.csv", self.admin_site.admin_view(require_safe(self.export_view)), name=self.name_of("export")
        )
        return [own, *super().get_urls()]

    def list_tools(self, request: HttpRequest) -> dict[str, Any]:
        """Also `export_address`, with the filters of the page, for those who may."""
        where = reverse(f"admin:{self.name_of('export')}")
        query = request.META.get("QUERY_STRING", "")
        address = f"{where}?{query}" if query else where
        return {**super().list_tools(request), "export_address": address if self.may_export(request.user) else ""}

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The file. Asks for a fresh login; leaves one row in the security log: who, which filters, how many rows.

        Raises `RateLimited` beyond 20 files or 100,000 rows a day.
        """
        if isinstance(verdict := self.may_export(request.user), Refused):
            raise PermissionDenied(verdict.sentence)
        require_fresh_login(request)
        actor = f"user:{request.user.pk}"
        take(FILES_A_DAY, actor)
        rows = self.get_changelist_instance(request).get_queryset(request)  # type: ignore[attr-defined]
        take(ROWS_A_DAY, actor, cost=rows.count())
        cells = [[column.value(row) for column in self.export_columns] for row in rows]
        body = csv_file([column.head for column in self.export_columns], cells)
        self._note_export(request, len(cells), body)
        name = f"{self.opts.model_name}-{timezone.now():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)

    def _note_export(self, request: HttpRequest, count: int, body: bytes) -> None:
        # Which filters, not what was searched for: a search names persons.
        filters = sorted(name for name, value in request.GET.items() if value)
        data = {"rows": count, "filters": filters, "sha256": hashlib.sha256(body).hexdigest()}
        log_security("export", object_type=self.opts.model_name, object_id=self.opts.label_lower, data=data)
