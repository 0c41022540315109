"""What a champion may be asked: minutes left, and for each use how likely a yes is and every gate in the way."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from advocacy.choices import Grantor, Use, WillingnessBand
from advocacy.effort import Capacity, capacity_of
from advocacy.gates import FailingGate, gates_for
from advocacy.grants.coverage import Coverage, coverage_of
from advocacy.models import Champion
from advocacy.permissions import may_know_champion
from advocacy.readiness.willingness import Willingness, willingness_of
from clg import wording
from clg.admin import cells, register_panel

# What is asked most, from the lightest to the heaviest; the form of an ask offers every use.
SHOWN_USES: Final = (Use.REVIEW, Use.REFERRAL, Use.QUOTE, Use.LOGO, Use.CALL, Use.CASE_STUDY)
WILLINGNESS_TONES: Final = {
    WillingnessBand.LIKELY: "good",
    WillingnessBand.EVEN: "warn",
    WillingnessBand.UNLIKELY: "bad",
}
_FREES_SHOWN: Final = 3


def asking(request: HttpRequest, row: Any) -> SafeString | str:
    """Only for who knows the champion: grants and answers are theirs."""
    champion = Champion.objects.visible_to(request.user).select_related("account").get(pk=row.pk)
    if not may_know_champion(request.user, champion):
        return ""
    at = timezone.now()
    capacity = capacity_of([row.pk], at=at)[row.pk]
    context = {
        "capacity": _capacity(capacity),
        "uses": [_use(row.pk, use, at) for use in SHOWN_USES],
    }
    return render_to_string("admin/advocacy/champion_asking.html", context, request)


def _capacity(capacity: Capacity) -> dict[str, Any]:
    left = capacity.minutes_left
    return {
        "left": wording.UNKNOWN if left is None else left,
        "is_limited": left is not None,
        "person": _of_budget(capacity.person_left, capacity.person_budget),
        "account": _of_budget(capacity.account_left, capacity.account_budget),
        "frees": [{"day": wording.day(free.on), "minutes": free.minutes} for free in capacity.frees[:_FREES_SHOWN]],
    }


def _of_budget(left: int | None, budget: int | None) -> str:
    """'75 of 120 minutes'; no budget sets no limit."""
    return "no limit" if left is None else f"{wording.number(left)} of {wording.number(budget)} minutes"


def _use(champion_id: int, use: Use, at: dt.datetime) -> dict[str, Any]:
    willing = willingness_of([champion_id], use=use, at=at)[champion_id]
    gates = gates_for([champion_id], use=use, at=at)[champion_id]
    keys = coverage_of([champion_id], use=use, on=at.astimezone(dt.UTC).date())[champion_id]
    return {
        "name": use.label,
        "willing": _willing(willing),
        "keys": _keys(keys),
        "gates": [gate.sentence for gate in gates],
        "verdict": _verdict(gates),
    }


def _willing(willing: Willingness) -> dict[str, Any]:
    band = WillingnessBand(willing.band)
    return {
        "score": willing.score,
        "band": cells.tag(str(band.label), WILLINGNESS_TONES[band]),
        "words": willing.in_words.capitalize(),
        "evidence": _EVIDENCE[willing.evidence],
        "parts": [
            {"term": part.term.capitalize(), "points": wording.signed(part.points)}
            for part in willing.parts
            if part.points
        ],
    }


_EVIDENCE: Final = {
    "none": "no answer of theirs yet",
    "thin": "one or two answers of theirs",
    "good": "three or more answers of theirs",
}


def _keys(keys: Coverage) -> list[SafeString]:
    if not keys.needed:
        return [cells.tag("None needed", "quiet")]
    words = {Grantor.PERSON: "Person", Grantor.COMPANY: "Company"}
    return [
        cells.tag(words[grantor], "bad" if grantor in keys.missing else "good", "✕" if grantor in keys.missing else "✓")
        for grantor in (Grantor.PERSON, Grantor.COMPANY)
        if grantor in keys.needed
    ]


def _verdict(gates: list[FailingGate]) -> SafeString:
    if not gates:
        return cells.tag("May be asked", "good", "✓")
    if all(gate.overridable for gate in gates):
        return cells.tag("With a reason", "warn", "!")
    return cells.tag("Not now", "bad", "✕")


register_panel(Champion, asking, place=15)
