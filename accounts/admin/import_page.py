"""The page of an import: how far it is, what became of the rows, and a sample of them as they would be stored."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.imports import TONES
from accounts.choices import ImportState
from accounts.models import ImportJob
from accounts.permissions import may_import
from accounts.sync.imports.reading import SAMPLE_ROWS, sample_of
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.cards import TableCard, heading
from clg.errors import DomainError


def head(request: HttpRequest, row: Any) -> SafeString:
    facts = [
        cells.tag(row.get_state_display(), TONES[row.state]),
        f"{row.noun.capitalize()} of {row.source}",
        f"preset {row.preset}" if row.preset else "",
        "dry run: nothing is stored" if row.is_dry_run else "",
        wording.count(row.total, "row") if row.total else "",
    ]
    return heading(str(row), facts)


def progress(request: HttpRequest, row: Any) -> SafeString | str:
    if row.state == ImportState.FAILED:
        return format_html(
            '<div class="banner bad" role="alert"><div><b>Nothing more was stored</b><p>{}</p></div></div>', row.failure
        )
    if row.state != ImportState.RUNNING:
        return ""
    eta = row.eta_seconds(timezone.now())
    left = f", {wording.seconds(dt.timedelta(seconds=eta))} left" if eta else ""
    far = f"{wording.number(row.processed)} of {wording.number(row.total)} rows{left}"
    told = {
        "title": "Reading the file" if row.taken_at else "Waiting for its turn",
        "text": f"{far if row.total else 'Not counted yet'}. You may leave this page.",
        "share": round(100 * row.processed / row.total) if row.total else 0,
    }
    return render_to_string("admin/accounts/import_progress.html", told, request)


def outcomes(request: HttpRequest, row: Any) -> SafeString | str:
    """Counts by outcome and by what was wrong, with the way to the failed rows."""
    if not row.processed:
        return ""
    counts = [[name, wording.number(count)] for name, count in sorted(row.counts.items())]
    codes = [[f"failed: {code}", wording.number(count)] for code, count in sorted(row.codes.items())]
    address = reverse("admin:accounts_importjob_failed_rows", args=[row.pk])
    return TableCard(
        title="What became of the rows",
        note=f"{wording.number(row.processed)} of {wording.number(row.total)}",
        head=["Outcome", "Rows"],
        rows=[*counts, *codes],
        empty="",
        numeric=frozenset({1}),
        more=address if row.failed and may_import(request.user) else "",
    ).drawn()


# What a warning of a number says.
_WARNINGS: Final = {
    "values_left_out": "Bad values left out of rows that were stored",
    "merged_ids": "Ids that now lead to the row they were merged into",
    "merged_rows": "Rows that went into the row they were merged into",
    "merges_refused": "Merges refused, as they would go in a circle",
}


def warnings(request: HttpRequest, row: Any) -> SafeString | str:
    """What the file holds that failed no row."""
    told = row.told_warnings
    stages = sorted(told["unknown_stages"].items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [
        *([f"Column that nothing reads: {name}", "\N{EM DASH}"] for name in told["unmapped_columns"]),
        *([f"Stage that nobody mapped, its deals stay open: {name}", wording.number(count)] for name, count in stages),
        *([sentence, wording.number(told[name])] for name, sentence in _WARNINGS.items() if told[name]),
    ]
    if not (row.processed and rows):
        return ""
    return TableCard(
        title="What to look at", head=["In the file", "Rows"], rows=rows, empty="", numeric=frozenset({1})
    ).drawn()


def sample(request: HttpRequest, row: Any) -> SafeString | str:
    if row.state != ImportState.UPLOADED or not may_import(request.user):
        return ""
    try:
        found = sample_of(row, at=timezone.now())
    except DomainError as problem:
        return format_html(
            '<div class="banner bad" role="alert"><div><b>This file cannot be read so</b><p>{}</p></div></div>',
            problem.message,
        )
    rows = [
        [str(line), *(values or [problem, *[""] * (len(found.head) - 1)])][: len(found.head) + 1]
        for line, values, problem in found.rows
    ]
    unread = f"not read: {', '.join(found.unmapped)}" if found.unmapped else "every column is read"
    return TableCard(
        title=f"The first {SAMPLE_ROWS} rows as they would be stored",
        note=unread,
        head=["Line", *(name.removesuffix("_ref").replace("_", " ") for name in found.head)],
        rows=rows if found.head else [],
        empty="No row of the first ones can be stored: choose the columns, or another preset.",
    ).drawn()


register_panel(ImportJob, head, place=10)
register_panel(ImportJob, progress, place=15)
register_panel(ImportJob, outcomes, place=20)
register_panel(ImportJob, warnings, place=25)
register_panel(ImportJob, sample, place=30)
