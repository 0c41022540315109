"""Sentences: what a line, a refusal, a flag or an empty answer means, one translatable template per code.

Admin, API and command say the same words. `title` words are short, for tables; sentences stand alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advocacy.attribution.rules import MILLION, STAGE_PREFIX, Rule, held_positions
from advocacy.choices import ClosedReason, Refusal, Rung, Unattributed

Templates = Mapping[Any, "str | Promise"]


@dataclass(frozen=True)
class LinePlace:
    """Where a credited touch stands: place and length of the path from 1, held bits, and its share in millionths."""

    place: int
    places: int
    held: int
    micros: int
    is_fallback: bool = False


RUNG_SENTENCES: Final[Templates] = {
    Rung.EXPLICIT: _("Tied to the deal because the record names it."),
    Rung.CONTACT_ROLE: _("Tied to the deal because the person met has a role on it."),
    Rung.ACCOUNT_CONTACT: _("Tied to the deal because the person met works for its account."),
    Rung.ACCOUNT: _("Tied to the deal only by its account; no person is known."),
    Rung.DOMAIN: _("Tied to the deal only by the web domain of its account; no person is known."),
    Rung.PARENT: _("Tied to the deal only by a parent or sister company of its account."),
}

POSITION_SENTENCES: Final[Templates] = {
    "only": _("The only eligible touch, so it carries the whole deal."),
    "first": _("First of %(places)s eligible touches; this model gives the first %(percent)s %%."),
    "last": _("Last of %(places)s eligible touches; this model gives the last %(percent)s %%."),
    "lead": _("Last touch before the deal became a lead; this model gives that place %(percent)s %%."),
    "opened": _("Last touch before the deal was opened; this model gives that place %(percent)s %%."),
    "closed": _("Last touch before the deal was closed; this model gives that place %(percent)s %%."),
    "stage": _("Last touch before the stage %(stage)s; this model gives that place %(percent)s %%."),
    "several": _("Holds several places at once (%(names)s); this model gives them %(percent)s %% together."),
    "middle": _("Touch %(place)s of %(places)s, in the middle; the middle shares %(percent)s %% evenly."),
    "linear": _("One of %(places)s eligible touches; this model divides the deal evenly."),
    "last_non": _("Last of %(places)s eligible touches whose kind this model does not pass over."),
    "fallback_last": _("Last of %(places)s eligible touches; all are of kinds that this model passes over."),
    "time_decay": _(
        "Touch %(place)s of %(places)s; a touch weighs half as much for each %(half_life)s before the last one."
    ),
    "reported": _("The buyer named this champion as a part of the decision."),
}

UNATTRIBUTED_SENTENCES: Final[Templates] = {
    Unattributed.NO_TOUCH: _("No activity met this deal, so nothing is credited."),
    Unattributed.NO_ELIGIBLE_TOUCH: _("Activities met this deal, but this model admits none of them."),
    Unattributed.NO_WEIGHT: _("The eligible touches hold no place that this model gives weight to."),
    Unattributed.NOT_BY_REFERENCES: _("The buyer laid this part of the decision to other things."),
}

REFUSAL_SENTENCES: Final[Templates] = {
    Refusal.WITHDRAWN: _("The record was withdrawn."),
    Refusal.DUPLICATE_ACTIVITY: _("The activity is marked as a duplicate of another."),
    Refusal.ROLE_NOT_SOURCED: _("Nobody said that it sourced the deal."),
    Refusal.SIDE_NOT_ADMITTED: _("This model does not admit activity from this side of the deal (%(side)s)."),
    Refusal.RUNG_NOT_ADMITTED: _("The match is too weak for this model (%(rung)s)."),
    Refusal.KIND_NOT_ADMITTED: _("This model does not admit activities of this kind."),
    Refusal.AFTER_AS_OF: _("Happened after the moment of this computation."),
    Refusal.AFTER_ANCHOR: _("Happened after the moment up to which this model counts (%(anchor)s)."),
    Refusal.OUTSIDE_WINDOW: _("Happened more than %(days)s days before the deal was opened."),
    Refusal.EARLIER_OPPORTUNITY: _("Served an earlier won deal of the same account."),
    Refusal.DUPLICATE: _("The same activity is on the path already."),
}

SCOPE_SENTENCES: Final[Templates] = {
    ClosedReason.DELETED: _("The deal was deleted."),
    ClosedReason.NOT_OPENED_YET: _("The deal is not opened yet."),
    ClosedReason.KIND_OUT_OF_SCOPE: _("This model does not cover deals of this kind."),
    ClosedReason.MILESTONE_NOT_REACHED: _("The deal has not reached the stage this model counts up to."),
    ClosedReason.NO_BUYER_REPORT: _("The deal is not won, or its buyer has not reported."),
    ClosedReason.MODEL_RETIRED: _("The model is retired."),
    "not_computed_yet": _("The deal has not been computed under this model yet."),
}

FLAG_SENTENCES: Final[Templates] = {
    "basis_missing": _("The deal has no amount; it counts as zero."),
    "basis_rounded": _("The amount has more digits than its currency; it was rounded."),
    "closed_estimated": _("The closing moment is unknown; the moment we heard of it is used."),
    "dates_inverted": _("The deal is closed before it was opened."),
    "fallback_last": _("All eligible touches are of kinds this model passes over; the last one is credited."),
    "fx_missing": _("No currency or no exchange rate is known; the deal is missing from reports in our currency."),
    "opened_estimated": _("The opening moment is unknown; the moment we first heard of the deal is used."),
    "renormalised": _("A place of this model has no holder; the rest is credited in proportion."),
}


def line_sentence(rule: Rule, at: LinePlace, rung: int) -> str:
    """Why a touch earned its share, and how surely it belongs to the deal."""
    return f"{_position_sentence(rule, at)} {RUNG_SENTENCES[rung]}"


def _position_sentence(rule: Rule, at: LinePlace) -> str:
    if at.micros == MILLION and at.places == 1:
        return str(POSITION_SENTENCES["only"])
    if rule.family == "last_non" and at.is_fallback:
        return POSITION_SENTENCES["fallback_last"] % _values(rule, at)
    if rule.family != "positions":
        return POSITION_SENTENCES[rule.family] % _values(rule, at)
    names = held_positions(rule, at.held)
    return POSITION_SENTENCES[_position_code(rule, names)] % _values(rule, at)


def _position_code(rule: Rule, names: list[str]) -> str:
    if names == ["middle"]:
        return "linear" if rule.middle == MILLION else "middle"
    if len(names) > 1:
        return "several"
    return "stage" if names[0].startswith(STAGE_PREFIX) else names[0]


def _values(rule: Rule, at: LinePlace) -> dict[str, object]:
    names = held_positions(rule, at.held)
    weight = rule.middle if names == ["middle"] else sum(rule.weights.get(name, 0) for name in names)
    return {
        "place": at.place,
        "places": at.places,
        "percent": _percent(weight),
        "names": ", ".join(names),
        "stage": names[0].removeprefix(STAGE_PREFIX) if names else "",
        "half_life": _hours(rule.half_life_hours or 0),
    }


def _percent(millionths: int) -> str:
    return f"{(Decimal(millionths) / 10_000).normalize():f}"


def _hours(hours: int) -> str:
    if hours % 24:
        return _("%(count)s hours") % {"count": hours}
    return _("%(count)s days") % {"count": hours // 24}


def unattributed_sentence(reason: str) -> str:
    return str(UNATTRIBUTED_SENTENCES[reason])


def refusal_sentence(rule: Rule, code: int, *, rung: int, side: str) -> str:
    """Why a touch is not on the path."""
    values = {
        "days": rule.window_days,
        "anchor": rule.anchor.removeprefix(STAGE_PREFIX),
        "rung": Rung(rung).label,
        "side": side,
    }
    return REFUSAL_SENTENCES[code] % values


def scope_sentence(reason: str) -> str:
    return str(SCOPE_SENTENCES[reason])


def flag_sentence(flag: str) -> str:
    return str(FLAG_SENTENCES[flag])
