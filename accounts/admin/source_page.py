"""The page of a source: what it sent in 14 days, what was refused, and what waits for a person. `crm-sync` 14."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.choices import ObjectType, SourceOrdering
from accounts.models import ApiClient, CrmSource, SyncConflict
from accounts.source_status import (
    CHART_DAYS,
    CONFLICTS_SHOWN,
    ObjectStatus,
    ReceivedDay,
    SourceStatus,
    received_days,
    status_of,
)
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.cards import TableCard, beside, card, heading
from clg.api import rates
from clg.charts.columns import Column, columns
from clg.charts.figure import Table, figure
from clg.events.standing import feed_standing

CONFLICTS_ON_PAGE: Final = 10
REFUSED_ON_PAGE: Final = 10
STAGES_ON_PAGE: Final = 10


def source_head(request: HttpRequest, row: Any) -> SafeString:
    feed = feed_standing(at=timezone.now())
    waits = f", oldest change waits {wording.number(feed.lag_seconds)} s" if feed.lag_seconds else ""
    facts = [
        cells.tag("Active", "good") if row.is_active else cells.tag("Disabled", "warn"),
        row.get_kind_display(),
        f"rank {row.rank}",
        f"ordered by {SourceOrdering(row.ordering).label.lower()}",
        f"change feed at {wording.number(feed.position)}{waits}",
    ]
    return heading(str(row), facts)


def source_figures(request: HttpRequest, row: Any) -> SafeString:
    """Both views of what came: by day, and by kind of object with what became of it."""
    now = timezone.now()
    status = status_of(row, at=now)
    parts = (
        _imports(status),
        card(_chart(row, received_days(row, at=now))),
        _objects(status).drawn(),
        beside(_refused(status).drawn(), _stages(status).drawn()),
        beside(_conflicts(status).drawn(), _clients(request, row).drawn()),
    )
    return format_html("{}{}{}{}{}", *parts)


def _imports(status: SourceStatus) -> SafeString:
    """Files on their way in; nothing when there is none."""
    rows = [
        [
            str(job),
            ObjectType(job.object_type).label,
            cells.near(job.started_at, status.at),
            f"{wording.number(job.processed)} of {wording.number(job.total)}",
        ]
        for job in status.running_imports
    ]
    card = TableCard(
        title="Running imports",
        head=["File", "Object", "Started", "Rows read"],
        rows=rows,
        empty="",
        numeric=frozenset({3}),
    )
    return card.drawn() if rows else SafeString("")


def _chart(source: CrmSource, days: Sequence[ReceivedDay]) -> SafeString:
    items, failed = sum(day.items for day in days), sum(day.failed for day in days)
    finding = f"{wording.count(items, 'item')} in {CHART_DAYS} days, {wording.number(failed)} refused"
    rows = [[wording.day(day.day), wording.number(day.items), wording.number(day.failed)] for day in days]
    return figure(
        title=finding if items else f"Nothing came in {CHART_DAYS} days",
        note=f"Items a day, {source.time_zone}",
        body=columns([_column(day, days) for day in days], alt=finding, tick_text=wording.short),
        table=Table(["Day", "Items", "Refused"], rows[::-1], frozenset({1, 2})),
    )


def _column(day: ReceivedDay, days: Sequence[ReceivedDay]) -> Column:
    """Named by its day alone, so that a fortnight fits a phone; the first and each month's first say the month."""
    month = f" {day.day:%b}" if day is days[0] or day.day.day == 1 else ""
    text = wording.short(day.items) if day.items else ""
    return Column(f"{day.day.day}{month}", day.items, text, is_open=day is days[-1])


def _objects(status: SourceStatus) -> TableCard:
    return TableCard(
        title="What came",
        note="items in the last 24 hours and 7 days",
        head=[
            "Object",
            "Last batch",
            "Newest clock",
            "24 hours",
            "7 days",
            "Became in 7 days",
            "Incomplete",
        ],
        rows=[_object_row(each, status) for each in status.objects],
        empty="",
        numeric=frozenset({3, 4, 6}),
    )


def _object_row(each: ObjectStatus, status: SourceStatus) -> list[str]:
    return [
        each.object_type.label,
        cells.near(each.last_received_at, status.at),
        cells.code(each.newest_clock) if each.newest_clock else wording.UNKNOWN,
        wording.number(sum(each.day.values())),
        wording.number(sum(each.week.values())),
        _outcomes(each.week),
        _unfinished(each),
    ]


def _outcomes(counts: Mapping[str, int]) -> str:
    """'120 updated, 3 failed': what there was, the most first."""
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{wording.number(items)} {word.replace('_', ' ')}" for word, items in ordered) or wording.UNKNOWN


def _unfinished(each: ObjectStatus) -> str:
    more = "" if each.unfinished["exact"] else "over "
    return f"{more}{wording.number(each.unfinished['count'])}"


def _refused(status: SourceStatus) -> TableCard:
    return TableCard(
        title="Why items were refused",
        note="7 days, each item under its first code",
        head=["Code", "Object", "24 hours", "7 days"],
        rows=[
            [_code(each.code), each.object_type.label, wording.number(each.day), wording.number(each.week)]
            for each in status.refused[:REFUSED_ON_PAGE]
        ],
        empty="Nothing was refused in 7 days.",
        numeric=frozenset({2, 3}),
    )


def _code(code: str) -> SafeString:
    return format_html('<code class="clg-code">{}</code>', code)


def _stages(status: SourceStatus) -> TableCard:
    """Stages that wait for an outcome; the act above the page gives it."""
    return TableCard(
        title="Unmapped stages",
        note="their deals stay open",
        head=["Stage", "Items", "Last"],
        rows=[
            [stage.stage, wording.number(stage.items), cells.near(stage.received_at, status.at)]
            for stage in status.unmapped_stages[:STAGES_ON_PAGE]
        ],
        empty="Every stage that came has an outcome.",
        numeric=frozenset({1}),
    )


def _conflicts(status: SourceStatus) -> TableCard:
    shown = status.conflicts[:CONFLICTS_ON_PAGE]
    total = len(status.conflicts)
    return TableCard(
        title="Conflicts",
        note=f"one clock, two values; {'over ' if total == CONFLICTS_SHOWN else ''}{wording.number(total)} kept",
        head=["Field", "Row", "Noted"],
        rows=[[one.field, _code(one.identity.external_id), cells.near(one.at, status.at)] for one in shown],
        empty="No two values came with one clock in 30 days.",
        more=cells.list_address(SyncConflict) if total else "",
    )


def _clients(request: HttpRequest, source: CrmSource) -> TableCard:
    now = timezone.now()
    rows = ApiClient.objects.visible_to(request.user).filter(source=source).order_by("name", "id")
    return TableCard(
        title="Clients",
        note="calls left now: reads, writes",
        head=["Client", "Last call", "Reads left", "Writes left"],
        rows=[
            [
                cells.link(client),
                cells.near(client.last_used_at, now),
                _left(client, "read"),
                _left(client, "write"),
            ]
            for client in rows
        ],
        empty="No client yet: nothing can push as this source.",
        numeric=frozenset({2, 3}),
        more=reverse("admin:accounts_apiclient_changelist"),
    )


def _left(client: ApiClient, name: str) -> str:
    if not client.is_active:
        return wording.UNKNOWN
    allowance = rates.left(rates.limit_named(name), f"client:{client.pk}")
    return f"{wording.number(allowance.remaining)} of {wording.number(allowance.limit.burst)}"


register_panel(CrmSource, source_head, place=10)
register_panel(CrmSource, source_figures, place=20)
