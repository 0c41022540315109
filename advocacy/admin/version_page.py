"""A new version of a model: its form, and beside it what it would make of three deals. Stored, it is not yet in use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db.models import Count
from django.utils.safestring import SafeString

from accounts.models import Opportunity
from advocacy.attribution.preview import Division, Part, divide, stages_never_seen
from advocacy.attribution.rules import rule_of
from advocacy.attribution.sentences import scope_sentence
from advocacy.choices import Unattributed
from advocacy.models import AttributionModelVersion, Touch
from advocacy.privacy import activity_title, champion_name
from clg import wording
from clg.admin import cells
from clg.charts import Segment, ShareRow, figure, percent, share_rows, tone_of

DEALS: Final = 3
AMONG: Final = 50
"""Newest touched deals among which those with most touches are taken: they show the most of a rule."""
MILLION: Final = 1_000_000
DRAFT: Final = 0


@dataclass(frozen=True)
class DealPreview:
    """One deal: its drawing under the rule in use and under the new one, and what its numbers stand for."""

    link: SafeString
    drawing: SafeString
    touches: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Preview:
    deals: Sequence[DealPreview]
    warnings: Sequence[str]


def preview_of(draft: AttributionModelVersion, reader: Any, *, at: dt.datetime) -> Preview:
    """The draft beside the version in use, on three deals in the reader's sight. A constant number of queries."""
    rule = replace(rule_of(draft), version_id=DRAFT, is_retired=False)
    rules, current = [rule], draft.model.current_version
    if current is not None:
        rules.append(replace(rule_of(current), is_retired=False))
    deals = _telling_deals(draft, reader)
    found = divide(rules, list(deals), at=at) if deals else {}
    touches = _touches_of(found.values())
    rows = {DRAFT: f"v{draft.number}, new", **({current.pk: f"v{current.number}, in use"} if current else {})}
    drawn = [
        _drawn(deal, {rows[name]: found[name, key] for name in rows if (name, key) in found}, touches, reader)
        for key, deal in deals.items()
    ]
    warnings = [f"stage_never_seen: no deal has ever entered the stage “{code}”." for code in stages_never_seen(rule)]
    return Preview(drawn, warnings)


def _telling_deals(draft: AttributionModelVersion, reader: Any) -> dict[int, Opportunity]:
    """Of the newest touched deals of the kinds that the draft or the rule in use covers, those with most touches."""
    current = draft.model.current_version
    kinds = {*draft.opportunity_kinds, *(current.opportunity_kinds if current else ())}
    touched = Touch.objects.counting().values("opportunity")
    newest = Opportunity.objects.visible_to(reader).live().filter(kind__in=kinds, pk__in=touched)
    keys = list(newest.order_by("-opened_at", "-pk").values_list("pk", flat=True)[:AMONG])
    counted = Touch.objects.counting().filter(opportunity__in=keys).order_by().values("opportunity")
    most = counted.annotate(n=Count("pk")).order_by("-n", "-opportunity").values_list("opportunity", flat=True)[:DEALS]
    return Opportunity.objects.in_bulk(list(most))


def _touches_of(divisions: Any) -> Mapping[int, Touch]:
    wanted = {part.touch_id for one in divisions for part in one.parts if part.touch_id is not None}
    related = ("activity__champion__account", "champion__contact", "champion__account")
    return Touch.objects.select_related(*related).in_bulk(wanted)


def _drawn(
    deal: Opportunity, divisions: Mapping[str, Division], touches: Mapping[int, Touch], reader: Any
) -> DealPreview:
    keys = {part.touch_id for one in divisions.values() for part in one.parts if part.touch_id is not None}
    ordered = sorted(keys, key=lambda key: (touches[key].occurred_at, key))
    marks = {key: (str(place + 1), tone_of(place, len(ordered))) for place, key in enumerate(ordered)}
    rows = [_row(name, one, marks) for name, one in divisions.items()]
    one = next(iter(divisions.values()))
    drawing = figure(
        title=_finding(list(divisions.values()), marks),
        note=f"{wording.minor(one.basis_minor, one.currency)}, {wording.count(len(ordered), 'touch', 'touches')}",
        body=share_rows(rows, alt=_said(rows), width=620),
    )
    listed = [
        {
            "mark": mark,
            "tone": tone,
            "what": activity_title(touches[key].activity, reader),
            "who": champion_name(touches[key].champion, reader),
            "day": wording.day(touches[key].occurred_at),
        }
        for key, (mark, tone) in marks.items()
    ]
    return DealPreview(cells.link(deal), drawing, listed)


def _row(name: str, one: Division, marks: Mapping[int, tuple[str, int]]) -> ShareRow:
    if one.closed_reason:
        return ShareRow(name, "", [Segment(1, scope_sentence(one.closed_reason), "o0")])
    return ShareRow(name, "", [_segment(part, marks) for part in one.parts])


def _segment(part: Part, marks: Mapping[int, tuple[str, int]]) -> Segment:
    share = part.micros / MILLION
    if part.touch_id is None:
        return Segment(share, str(Unattributed(part.unattributed_reason).label).lower(), "o0")
    mark, tone = marks[part.touch_id]
    return Segment(share, mark, f"o{tone}")


def _finding(divisions: Sequence[Division], marks: Mapping[int, tuple[str, int]]) -> str:
    """Whether the new rule divides the deal otherwise, and what moves most."""
    if len(divisions) < 2:
        return "Divided by the new version"
    new, old = (_shares(one) for one in divisions)
    if new == old:
        return "Divided as before"
    moved = {key: new.get(key, 0) - old.get(key, 0) for key in {*new, *old}}
    key = max(moved, key=lambda key: (abs(moved[key]), str(key)))
    what = f"Touch {marks[key][0]}" if isinstance(key, int) else "The part without touch"
    return f"{what} goes from {percent(old.get(key, 0) / MILLION)} to {percent(new.get(key, 0) / MILLION)}"


def _shares(one: Division) -> dict[int | str, int]:
    if one.closed_reason:
        return {one.closed_reason: MILLION}
    return {part.touch_id or part.unattributed_reason: part.micros for part in one.parts}


def _said(rows: Sequence[ShareRow]) -> str:
    return ". ".join(
        f"{row.name}: " + ", ".join(f"{segment.mark} {percent(segment.share)}" for segment in row.segments)
        for row in rows
    )
