"""The page of one champion: who, how ready and why, what they did and what it earned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.choices import SIGNAL_KINDS
from advocacy.admin.words import BAND_TONES, arrow, band_tag, raw_words, standing_tag
from advocacy.choices import Band, Question
from advocacy.models import Champion, Credit, Readiness, ReadinessChange
from advocacy.querysets.attribution import Receipt
from advocacy.readiness.explain import most_points
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.naming import names_of_actors
from clg.charts import Level, Part, Step, Table, figure, meter, part_bars, step_line

WEEKS = 26
EVENTS_SHOWN = 20


def head(request: HttpRequest, row: Any) -> SafeString:
    """Name, company, standing and the four figures a marketer asks first."""
    rows = Champion.objects.visible_to(request.user).for_list(request.user, timezone.now())
    champion: Any = rows.filter(pk=row.pk).get()
    readiness = getattr(champion, "readiness", None)
    context = {
        "champion": champion,
        "initials": cells.initials(champion.shown_name),
        "account_link": cells.link(champion.account),
        "contact_link": cells.link(champion.contact, "contact"),
        "standing": standing_tag(champion),
        "since": wording.day(champion.standing_since),
        "readiness": readiness,
        "band": band_tag(readiness.band) if readiness else band_tag(Band.UNKNOWN),
        "bar": _bar(readiness),
        "moved": arrow(champion.score_moved) if readiness else "",
        "last_activity": wording.day(champion.last_activity_at),
        **_receipt_totals(champion, request.user),
    }
    return render_to_string("admin/advocacy/champion_head.html", context, request)


def _bar(readiness: Readiness | None) -> SafeString:
    if readiness is None:
        return meter(None)
    tone = BAND_TONES[Band(readiness.band)]
    return meter(readiness.score, tick=readiness.model.ready_from, tone=tone)


def _receipt_totals(champion: Champion, reader: Any) -> dict[str, Any]:
    """Credit of the default models on the deals in sight, one figure a question; never added."""
    totals = {total.question: total for total in Credit.objects.visible_to(reader).receipts_of(champion)}
    return {question: _receipt(totals.get(question)) for question in Question.values}


def _receipt(total: Receipt | None) -> dict[str, str]:
    if total is None:
        return {"figure": wording.UNKNOWN, "deals": "no deal so far"}
    amount = wording.major(total.minor, total.currency)
    return {"figure": wording.short_amount(amount, total.currency), "deals": wording.count(total.deals, "deal")}


def why(request: HttpRequest, row: Any) -> SafeString | str:
    """The why-panel, the history of the score and what is missing."""
    found = Readiness.objects.visible_to(request.user).filter(champion=row)
    readiness = found.select_related("model").first()
    if readiness is None:
        context = {"champion": row, "events": _events(row)}
        return render_to_string("admin/advocacy/champion_unscored.html", context, request)
    now = timezone.now()
    context = {
        "readiness": readiness,
        "parts": part_bars(
            [*_parts(readiness.parts, now), *_missing(readiness)],
            note=f"Coverage {wording.plain(readiness.coverage)}, confidence {wording.plain(readiness.confidence)}",
        ),
        "scored": wording.day(readiness.scored_week),
        "history": _history(row, readiness, now, request.user),
        "is_thin": readiness.confidence < readiness.model.min_confidence,
        "events": _events(row),
    }
    return render_to_string("admin/advocacy/champion_why.html", context, request)


def _parts(parts: Sequence[dict[str, Any]], now: dt.datetime) -> list[Part]:
    """The parts of a score, largest possible first."""
    drawn = [
        Part(SIGNAL_KINDS[part["kind"]].label, _origin(part, now), Decimal(part["points"]), most)
        for part, most in zip(parts, most_points(parts), strict=True)
    ]
    return sorted(drawn, key=lambda part: -(part.most or 0))


def _origin(part: dict[str, Any], now: dt.datetime) -> str:
    """'9 of 10 · 14 weeks ago': what was observed and when, or what stands in for it."""
    if part["origin"] in ("neutral", "zero"):
        return f"No signal, counts as {50 if part['origin'] == 'neutral' else 0}"
    said = raw_words(part["kind"], Decimal(part["raw"]))
    if part["origin"] == "derived" or not part["observed_at"]:
        return f"{said} · derived"
    seen = dt.datetime.fromisoformat(part["observed_at"])
    seen = seen if seen.tzinfo else seen.replace(tzinfo=dt.UTC)
    about = "the company, " if part["origin"] == "account" and SIGNAL_KINDS[part["kind"]].about == "contact" else ""
    return f"{said} · {about}{wording.distance(seen, now)}"


def _missing(readiness: Readiness) -> list[Part]:
    present = {part["kind"] for part in readiness.parts}
    absent = readiness.model.weights.filter(weight__gt=0).exclude(kind__in=present)
    return [
        Part(SIGNAL_KINDS[weight.kind].label, f"No signal that counts, weight {weight.weight}", None, None)
        for weight in absent
    ]


def _history(champion: Champion, readiness: Readiness, now: dt.datetime, reader: Any) -> SafeString:
    """The score over 26 weeks, in the steps that were worth a history row."""
    since = now.date() - dt.timedelta(weeks=WEEKS)
    changes = list(ReadinessChange.objects.visible_to(reader).filter(champion=champion).order_by("at", "id"))
    steps = [Step(change.at.date(), change.new_score) for change in changes]
    model = readiness.model
    levels = [
        Level(int(model.ready_from), f"ready from {wording.plain(model.ready_from)}"),
        Level(int(model.warming_from), f"warming from {wording.plain(model.warming_from)}"),
    ]
    shown = [change for change in changes if change.at.date() >= since][::-1]
    rows = [[wording.day(c.at), wording.number(c.new_score, 2), Band(c.new_band).label, c.cause] for c in shown]
    return figure(
        title=_finding(changes),
        note=f"Readiness, {WEEKS} weeks, steps of a full point",
        body=step_line(steps, since=since, until=now.date(), alt=_said(changes), levels=levels),
        table=Table(["Day", "Readiness", "Band", "Cause"], rows, frozenset({1})),
    )


def _finding(changes: Sequence[ReadinessChange]) -> str:
    """'Ready since 24 Aug 2026': the band of now and the day it began."""
    if not changes:
        return "No history yet"
    start = changes[-1]
    for change in reversed(changes):
        if change.new_band != changes[-1].new_band:
            break
        start = change
    return f"{Band(start.new_band).label} since {wording.day(start.at)}"


def _said(changes: Sequence[ReadinessChange]) -> str:
    if not changes:
        return "No score yet."
    first, last = changes[0], changes[-1]
    return (
        f"Readiness was {wording.number(first.new_score, 2)} on {wording.day(first.at)} and is "
        f"{wording.number(last.new_score, 2)} since {wording.day(last.at)}, in {len(changes)} steps."
    )


def deeds(request: HttpRequest, row: Any) -> SafeString:
    """What they did, newest first, with the credit it holds now under the two default models."""
    acts = row.activities.with_reach().with_receipts().order_by("-occurred_at", "-id")[:25]
    context = {"champion": row, "acts": [_act(act) for act in acts]}
    return render_to_string("admin/advocacy/champion_deeds.html", context, request)


def _act(act: Any) -> dict[str, Any]:
    return {
        "link": cells.link(act),
        "kind": act.get_kind_display(),
        "day": wording.day(act.occurred_at),
        "withdrawn": act.is_withdrawn,
        "buyers": wording.number(act.encounter_count),
        "deals": wording.number(act.deal_count),
        "sourced": wording.minor(act.sourced_minor, act.reporting_currency) if act.sourced_minor else wording.UNKNOWN,
        "influenced": wording.minor(act.influenced_minor, act.reporting_currency)
        if act.influenced_minor
        else wording.UNKNOWN,
    }


def _events(champion: Champion) -> list[dict[str, Any]]:
    """The moves of a champion, newest first, with who made each."""
    events = list(champion.events.all()[:EVENTS_SHOWN])
    names = names_of_actors(event.actor for event in events)
    return [_event(event, names[event.actor]) for event in events]


def _event(event: Any, actor: str) -> dict[str, Any]:
    return {
        "title": event.action.replace("_", " ").capitalize(),
        "to": event.to_standing,
        "reason": event.reason.replace("_", " "),
        "actor": actor,
        "at": event.at,
        "day": wording.day(event.at),
    }


register_panel(Champion, head, place=10)
register_panel(Champion, why, place=20)
register_panel(Champion, deeds, place=30)
