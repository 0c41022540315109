"""How the sync with one source stands: what came when, what became of it, and what somebody should look at.

The API's `/source-status` and the page of a source show the same figures. Windows are whole hours: the running one and
the 23 (or 167) before. Every read is bounded, however much the source ever sent. `crm-sync` section 14.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.choices import ObjectType, SourceOrdering
from accounts.models import ApiClient, CrmSource, ImportJob, ReceivedHour, SyncConflict, UnmappedStage
from accounts.sync.objects import BY_TYPE
from clg.api.pagination import count_rows
from clg.models.webhooks import WebhookEndpoint

DAY: Final = dt.timedelta(days=1)
WEEK: Final = dt.timedelta(days=7)
# From then on an incomplete row is no longer one whose rest is on its way.
UNFINISHED_AFTER: Final = WEEK
CONFLICTS_SHOWN: Final = 50
STAGES_SHOWN: Final = 100
IMPORTS_SHOWN: Final = 20
ENDPOINTS_SHOWN: Final = 50
CHART_DAYS: Final = 14

_FOLDER: Final = Path(__file__).parent
_COUNTS: Final = (_FOLDER / "received_counts.sql").read_text()
_DAYS: Final = (_FOLDER / "received_days.sql").read_text()


@dataclass(frozen=True)
class ObjectStatus:
    """Of one kind: the last batch and the newest clock ever (`None`: nothing came), items by outcome, and how many
    live rows have been incomplete for over a week (`count`, and `exact` false above 10,000)."""

    object_type: ObjectType
    last_received_at: dt.datetime | None
    newest_clock: str | None
    day: Mapping[str, int]
    week: Mapping[str, int]
    unfinished: Mapping[str, Any]


@dataclass(frozen=True)
class RefusedCode:
    """Why items of one kind were refused, and how many in a day and in a week."""

    object_type: ObjectType
    code: str
    day: int
    week: int


@dataclass(frozen=True)
class SourceStatus:
    """The whole standing of one source at one moment."""

    source: CrmSource
    at: dt.datetime
    objects: Sequence[ObjectStatus]
    refused: Sequence[RefusedCode]
    conflicts: Sequence[SyncConflict]
    unmapped_stages: Sequence[UnmappedStage]
    running_imports: Sequence[ImportJob]
    endpoints: Sequence[WebhookEndpoint]


@dataclass(frozen=True)
class ReceivedDay:
    """One day of the source's own calendar: items that came, and those of them that were refused."""

    day: dt.date
    items: int
    failed: int


def status_of(source: CrmSource, *, at: dt.datetime) -> SourceStatus:
    counts = _counts(source, at)
    heard = {row["object_type"]: row for row in ReceivedHour.objects.filter(source=source).last_heard()}
    return SourceStatus(
        source,
        at,
        objects=[_object_status(source, kind, heard.get(kind, {}), counts, at) for kind in ObjectType],
        refused=[
            RefusedCode(ObjectType(kind), word, day, week) for kind, is_refusal, word, day, week in counts if is_refusal
        ],
        conflicts=conflicts_of(source),
        unmapped_stages=list(UnmappedStage.objects.unmapped(source)[:STAGES_SHOWN]),
        endpoints=_endpoints(source),
        running_imports=list(ImportJob.objects.running().filter(source=source).order_by("started_at")[:IMPORTS_SHOWN]),
    )


def _endpoints(source: CrmSource) -> Sequence[WebhookEndpoint]:
    """Webhook endpoints that the source's clients made, those in trouble first."""
    owners = [f"client:{pk}" for pk in ApiClient.objects.filter(source=source).values_list("pk", flat=True)]
    rows = WebhookEndpoint.objects.filter(owner__in=owners)
    return list(rows.order_by("-consecutive_failures", "id")[:ENDPOINTS_SHOWN])


def conflicts_of(source: CrmSource) -> Sequence[SyncConflict]:
    """The newest conflicts with the rows they are about. Index accounts_conflict_newest."""
    rows = SyncConflict.objects.filter(source=source).order_by("-at", "-id")
    about = [f"identity__{kind}" for kind in ObjectType.values]
    return list(rows.select_related("identity", *about)[:CONFLICTS_SHOWN])


def received_days(source: CrmSource, *, at: dt.datetime, days: int = CHART_DAYS) -> Sequence[ReceivedDay]:
    """The last days with today, one row each, oldest first."""
    today = at.astimezone(ZoneInfo(source.time_zone)).date()
    values: dict[str, Any] = {
        "source": source.pk,
        "kinds": ObjectType.values,
        "first": today - dt.timedelta(days=days - 1),
        "last": today,
        "zone": source.time_zone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, values)
        return [ReceivedDay(*row) for row in cursor.fetchall()]


def _counts(source: CrmSource, at: dt.datetime) -> list[tuple[str, bool, str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"source": source.pk, "day": at - DAY, "week": at - WEEK})
        return cursor.fetchall()


def _object_status(
    source: CrmSource,
    kind: ObjectType,
    heard: Mapping[str, Any],
    counts: Sequence[tuple[str, bool, str, int, int]],
    at: dt.datetime,
) -> ObjectStatus:
    of = [row for row in counts if row[0] == kind and not row[1]]
    rows: Any = BY_TYPE[kind].model._default_manager
    return ObjectStatus(
        kind,
        heard.get("last"),
        clock_text(source, heard["newest"]) if heard.get("newest") else None,
        day={word: day for _, _, word, day, _ in of if day},
        week={word: week for _, _, word, _, week in of},
        unfinished=count_rows(rows.unfinished(source, before=at - UNFINISHED_AFTER)),
    )


def clock_text(source: CrmSource, clock: Sequence[int]) -> str:
    """A stored clock as its source writes it: RFC 3339 in UTC, or `7.10`."""
    if source.ordering == SourceOrdering.VERSION:
        return f"{clock[0]}.{clock[1]}" if clock[1] else str(clock[0])
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=clock[0])
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
