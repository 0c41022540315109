"""The home page: Monday morning for a customer marketer. How we stand, what changed, what needs me."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import Account
from advocacy.admin.today_beginning import beginning
from advocacy.admin.today_cards import acts_card, quarter_cards, ready_card
from advocacy.admin.today_needs import needs_of
from advocacy.admin.words import arrow, band_tag, champion_link, run_tag
from advocacy.attribution.overview import Division, Quarter, by_activity_kind, divisions, quarters
from advocacy.choices import ActivityKind, Band, Question
from advocacy.models import AttributionRun, Champion
from advocacy.permissions import may_see_attribution, may_see_pool
from clg import wording
from clg.admin import cells
from clg.charts import Bar, Column, Segment, ShareRow, Table, bars, columns, figure, share_rows

KINDS_SHOWN = 8
MOVERS_SHOWN = 5
RUNS_SHOWN = 4


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme calls this for the index page; what the reader may not see is not computed."""
    now, reader = timezone.now(), request.user
    context["title"] = "Today"
    context["today"] = f"{now:%A}, {wording.day(now)}"
    if not Account.objects.visible_to(reader).exists():
        return {**context, **beginning(request)}
    if may_see_pool(reader):
        context.update(_pool(reader, now))
    if may_see_attribution(reader):
        context.update(_attribution(reader, now))
    cards = [*context.pop("ready", []), *context.pop("brought", [])]
    return {**context, "cards": cards, "needs": needs_of(reader, now)}


# --- How we stand ------------------------------------------------------------------------------------------------
def _attribution(reader: Any, now: dt.datetime) -> dict[str, Any]:
    pairs = {
        measure: {
            question: quarters(question=question, measure=measure, reader=reader, at=now)
            for question in Question.values
        }
        for measure in ("pipeline", "revenue")
    }
    return {
        "brought": [*quarter_cards(pairs["pipeline"]), acts_card(reader, now)],
        "charts": [
            _quarter_chart(measure, question, rows, _ceiling(questions))
            for measure, questions in pairs.items()
            for question, rows in questions.items()
        ],
        "division": _division(reader),
        "kinds": _kinds(reader),
        "runs": [_run(run) for run in AttributionRun.objects.visible_to(reader).with_progress()[:RUNS_SHOWN]],
        "runs_address": cells.list_address(AttributionRun),
    }


def _ceiling(questions: dict[str, list[Quarter]]) -> Decimal:
    """Both charts of a measure share one scale, so that their columns compare."""
    return _amount(max(quarter.minor for rows in questions.values() for quarter in rows))


def _amount(minor: int) -> Decimal:
    return wording.major(minor, settings.CLG_CURRENCY)


def _quarter_chart(measure: str, question: str, rows: Sequence[Quarter], ceiling: Decimal) -> SafeString:
    shown = [
        Column(row.name, _amount(row.minor), wording.short(_amount(row.minor)), is_open=row is rows[-1]) for row in rows
    ]
    said = ", ".join(f"{row.name} {wording.short(_amount(row.minor))}" for row in rows)
    moment = "opened" if measure == "pipeline" else "closed and won"
    head = f"{Question(question).label} {measure}"
    return figure(
        title=_finding(question, measure, rows),
        note=f"{settings.CLG_CURRENCY}, by quarter {moment}, n = {wording.count(sum(r.deals for r in rows), 'deal')}."
        " Same scale side by side.",
        body=columns(shown, alt=f"{head} by quarter: {said}", tick_text=wording.short, tone=question, ceiling=ceiling),
        table=Table(
            ["Quarter", head, "Deals"],
            [[r.name, wording.minor(r.minor, settings.CLG_CURRENCY), wording.number(r.deals)] for r in rows[::-1]],
            frozenset({1, 2}),
        ),
        key=question,
    )


def _finding(question: str, measure: str, rows: Sequence[Quarter]) -> str:
    """'Sourced pipeline rose to USD 0.78 m in Q3 2026': the last whole quarter against the one before."""
    last, before = rows[-2], rows[-3]
    if not any(row.minor for row in rows):
        return f"No {question} {measure} yet"
    verb = "rose to" if last.minor > before.minor else "fell to" if last.minor < before.minor else "held at"
    amount = wording.short_amount(_amount(last.minor), settings.CLG_CURRENCY)
    return f"{Question(question).label} {measure} {verb} {amount} in {last.name}"


def _division(reader: Any) -> SafeString:
    """Credited against unattributed, all deals and won ones, each as a whole of its own."""
    every, won = divisions(question=Question.INFLUENCED, reader=reader)
    rows = [_division_row("All deals", every), _division_row("Won deals", won)]
    weak = wording.share(every.weak, every.credited)
    return figure(
        title=f"{wording.share(every.credited, every.total)} of what the model covers is credited to advocacy",
        note=f"{settings.CLG_CURRENCY}, default influenced model, n = {wording.count(every.deals, 'deal')}",
        body=share_rows(rows, alt=f"All deals: {_said(every)}. Won deals: {_said(won)}.", width=560),
        table=Table(
            ["Deals", "Credited", "Unattributed", "Weak", "Number"],
            [_division_cells("All", every), _division_cells("Won", won)],
            frozenset({1, 2, 3, 4}),
        ),
        remark=f"Weak matches, which know no person on the buyer's side, make {weak} of the credit."
        + (" That is much: look at the touches to review." if every.weak * 4 > every.credited else "")
        + _not_counted(every.without_rate),
    )


def _not_counted(deals: int) -> str:
    return f" Not in it, for want of an exchange rate: {wording.count(deals, 'deal')}." if deals else ""


def _division_row(name: str, whole: Division) -> ShareRow:
    note = f"{wording.short(_amount(whole.total))}, {wording.count(whole.deals, 'deal')}"
    if not whole.total:
        return ShareRow(name, note, ())
    credited = whole.credited / whole.total
    return ShareRow(
        name, note, (Segment(credited, "credited", "g-credited"), Segment(1 - credited, "unattributed", "o0"))
    )


def _said(whole: Division) -> str:
    return f"{wording.share(whole.credited, whole.total)} credited of {wording.short(_amount(whole.total))}"


def _division_cells(name: str, whole: Division) -> list[str]:
    amounts = (whole.credited, whole.unattributed, whole.weak)
    return [
        name,
        *(wording.minor(minor, settings.CLG_CURRENCY) for minor in amounts),
        f"{wording.number(whole.deals_credited)} of {wording.number(whole.deals)}",
    ]


def _kinds(reader: Any) -> SafeString:
    totals = by_activity_kind(question=Question.INFLUENCED, reader=reader)
    whole = sum(total.minor for total in totals)
    rows = [
        Bar(
            str(ActivityKind(total.kind).label),
            total.minor,
            wording.short(_amount(total.minor)),
            note=wording.count(total.deals, "deal"),
        )
        for total in totals[:KINDS_SHOWN]
    ]
    first = totals[0] if totals else None
    title = (
        f"{ActivityKind(first.kind).label} earns most: {wording.share(first.minor, whole)} of the credit"
        if first
        else "No activity has earned credit yet"
    )
    return figure(
        title=title,
        note=f"{settings.CLG_CURRENCY}, default influenced model, by kind of activity",
        body=bars(rows, tone="influenced"),
        table=Table(
            ["Kind", "Credit", "Deals"],
            [
                [str(ActivityKind(t.kind).label), wording.minor(t.minor, settings.CLG_CURRENCY), str(t.deals)]
                for t in totals
            ],
            frozenset({1, 2}),
        ),
    )


def _run(run: Any) -> dict[str, Any]:
    return {
        "link": cells.link(run, run.name_outside[:12]),
        "kind": run.get_kind_display(),
        "status": run_tag(run.status),
        "as_of": wording.moment(run.as_of),
        "deals": wording.number(run.deals_done),
        "sets": wording.number(run.sets_written),
    }


# --- What changed ------------------------------------------------------------------------------------------------
def _pool(reader: Any, now: dt.datetime) -> dict[str, Any]:
    pool = Champion.objects.visible_to(reader).in_pool()
    counts = [(band, pool.in_band(band).count()) for band in Band]
    whole = sum(number for _, number in counts)
    rows = [Bar(str(band.label), number, wording.number(number), href=_band_address(band)) for band, number in counts]
    ready = dict(counts)[Band.READY]
    return {
        "ready": [ready_card(ready, whole, _band_address(Band.READY))],
        "pool": figure(
            title=f"{wording.number(ready)} of {wording.number(whole)} champions are ready",
            note="All who are not retired, by readiness",
            body=bars(rows),
        ),
        "movers_up": _movers(pool, reader, now, up=True),
        "movers_down": _movers(pool, reader, now, up=False),
        "pool_address": cells.list_address(Champion),
    }


def _band_address(band: Band) -> str:
    return cells.list_address(Champion, f"standing=pool&band={band.value}")


def _movers(pool: Any, reader: Any, now: dt.datetime, *, up: bool) -> list[dict[str, Any]]:
    rows = pool.movers(now, up=up).select_related("account", "readiness").with_shown_name(reader)[:MOVERS_SHOWN]
    return [
        {
            "name": champion_link(row, reader),
            "account": str(row.account),
            "score": row.readiness.score,
            "moved": arrow(row.score_moved),
            "band": band_tag(row.readiness.band),
        }
        for row in rows
    ]
