"""One run: how far it is while it works, and what it found when it has ended. Read-only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from advocacy.admin.words import run_tag
from advocacy.choices import RunKind, RunStatus
from advocacy.models import AttributionModel, AttributionRun, AttributionRunRange
from advocacy.permissions import sees_everything
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.cards import TableCard, beside, card, heading
from clg.charts import Bar, bars, figure

SURE_AFTER = dt.timedelta(seconds=2)
"""Before that a rate says nothing of the time left."""


@dataclass(frozen=True)
class Pace:
    """How far a run is: deals (of a changes run: about as many as marks) done and in all, and the time it has taken."""

    done: int
    total: int
    taken: dt.timedelta

    @property
    def share(self) -> int:
        """Per cent, 99 at most while it runs: the totals come last."""
        return min(99, self.done * 100 // self.total) if self.total else 0

    @property
    def left(self) -> dt.timedelta | None:
        """At the pace so far; None while there is none to go by."""
        if not self.done or not self.total or self.taken < SURE_AFTER:
            return None
        return self.taken * max(0, self.total - self.done) / self.done


def run_head(request: HttpRequest, row: Any) -> SafeString:
    run = AttributionRun.objects.visible_to(request.user).with_progress().with_requester().get(pk=row.pk)
    facts = [
        run_tag(run.status),
        run.get_kind_display(),
        f"as of {wording.moment(run.as_of)}",
        f"asked by {run.requester}",
        f"{wording.count(run.deals_done, 'deal')} of {wording.number(run.deals_total)}" if run.deals_total else "",
        wording.count(run.sets_written, "set") + " written",
        wording.count(run.lines_written, "line") + " written",
    ]
    return heading(f"Run {run.name_outside[:12]}", facts)


def run_progress(request: HttpRequest, row: Any) -> SafeString | str:
    """How far a run is, by itself until it has ended; what stopped a failed one; nothing for one that is done."""
    if row.status == RunStatus.QUEUED:
        told = {"title": "Waiting for its turn", "text": "One run works at a time, in the order they were asked for."}
        return render_to_string("admin/clg/live.html", told, request)
    if row.status == RunStatus.FAILED:
        return render_to_string("admin/advocacy/run_failed.html", {"error": row.error}, request)
    return _running(request, row) if row.status == RunStatus.RUNNING else ""


def _running(request: HttpRequest, row: AttributionRun) -> SafeString:
    ranges = list(row.ranges.order_by("number"))
    taken = timezone.now() - (row.started_at or timezone.now())
    allocated = sum(one.deals_done for one in ranges)
    pace = Pace(allocated, row.deals_total, taken)
    context = {
        "title": f"{pace.share} % done" if row.deals_total else "Under way",
        "text": _said(row, ranges, pace),
        "pace": pace,
        "ranges": _ranges(row, ranges),
    }
    return render_to_string("admin/advocacy/run_progress.html", context, request)


def _said(row: AttributionRun, ranges: Sequence[AttributionRunRange], pace: Pace) -> str:
    if any(one.is_matching and not one.is_done for one in ranges):
        return "Matching every encounter first; the deals are divided after that."
    deals = f"{wording.number(pace.done)} of {wording.number(row.deals_total)}"
    counted = "deals" if row.kind != RunKind.CHANGES else "deals that changes reach, about"
    left = f"; about {wording.seconds(pace.left)} left" if pace.left is not None else ""
    return f"{deals} {counted}{left}."


def _ranges(row: AttributionRun, ranges: Sequence[AttributionRunRange]) -> SafeString:
    """The parts of the run, each walked upwards by a worker of its own."""
    return TableCard(
        title=wording.count(len(ranges), "part"),
        note=f"attempt {row.attempt}",
        head=["Part", "Does", "State", "Deals", "Sets written", "Lines written", "Last sign"],
        rows=[
            [
                str(one.number + 1),
                "Matching" if one.is_matching else "Dividing",
                cells.tag("Done", "good", "✓") if one.is_done else cells.tag("Working", "info"),
                wording.number(one.deals_done),
                wording.number(one.sets_written),
                wording.number(one.lines_written),
                f"{one.heartbeat_at:%H:%M:%S %Z}",
            ]
            for one in ranges
        ],
        empty="It is being cut into parts.",
        numeric=frozenset({3, 4, 5}),
    ).drawn()


def run_totals(request: HttpRequest, row: Any) -> SafeString | str:
    """What the state at the run adds up to, by model: over all deals, so for those who may see all."""
    if not sees_everything(request.user):
        return ""
    currency = settings.CLG_CURRENCY
    return TableCard(
        title="Totals by model",
        note=f"{currency}, state at this run",
        head=["Model", "Deals", "With credit", "Credited", "Unattributed", "Without rate"],
        rows=[
            [
                cells.code(key),
                wording.number(total["deals"]),
                wording.number(total["deals_credited"]),
                wording.minor_figure(total["credited_minor"], currency),
                wording.minor_figure(total["unattributed_minor"], currency),
                wording.number(total["without_rate"]),
            ]
            for key, total in sorted(row.totals.items())
        ],
        empty="No totals before the run has finished.",
        numeric=frozenset({1, 2, 3, 4, 5}),
    ).drawn()


def run_refusals(request: HttpRequest, row: Any) -> SafeString | str:
    """Touches refused in the sets of this run, by reason, for the default models: over all deals, as the totals."""
    if not sees_everything(request.user):
        return ""
    defaults = AttributionModel.objects.visible_to(request.user).filter(is_default=True, key__in=row.rejected_by_reason)
    drawn = [_refusals(model, row.rejected_by_reason[model.key]) for model in defaults]
    return beside(*(one for one in drawn if one)) if any(drawn) else ""


def _refusals(model: AttributionModel, counts: Mapping[str, int]) -> SafeString | str:
    ordered = sorted(((name, number) for name, number in counts.items() if number), key=lambda pair: -pair[1])
    if not ordered:
        return ""
    rows = [Bar(name.replace("_", " "), number, wording.number(number)) for name, number in ordered]
    return card(
        figure(
            title=f"{rows[0].name.capitalize()} refuses most touches",
            note=f"{model}, by the first failing rule",
            body=bars(rows),
        )
    )


register_panel(AttributionRun, run_head, place=10)
register_panel(AttributionRun, run_progress, place=15)
register_panel(AttributionRun, run_totals, place=20)
register_panel(AttributionRun, run_refusals, place=30)
