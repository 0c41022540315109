"""One touch: which act met which deal, how surely, what it earns, and what looks like the same act."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString

from advocacy.admin.credit import rung_tag
from advocacy.admin.touch import touch_state
from advocacy.admin.words import activity_link
from advocacy.models import Touch
from advocacy.privacy import champion_name
from clg import wording
from clg.admin import cells, register_panel
from clg.admin.cards import TableCard, heading

DOUBLES_SHOWN = 20


def touch_head(request: HttpRequest, row: Any) -> SafeString:
    touch = Touch.objects.visible_to(request.user).filter(pk=row.pk).with_review().with_receipts().get()
    earned = wording.minor(touch.earned_minor, settings.CLG_CURRENCY)
    facts = [
        touch_state(touch) if touch.superseded_at is None else cells.tag("Replaced by a later version"),
        rung_tag(row.rung),
        cells.link(row.opportunity),
        champion_name(row.champion, request.user),
        wording.day(row.occurred_at),
        f"told by {row.source}",
        f"earns {earned} under the default influenced model" if touch.earned_minor is not None else "earns nothing now",
    ]
    return heading(str(row.activity), facts)


def touch_doubles(request: HttpRequest, row: Any) -> SafeString | str:
    """Other records of what may be the same act; nothing when there are none."""
    if row.superseded_at is not None or row.void_reason:
        return ""
    doubles = Touch.objects.visible_to(request.user).doubles_of(row).select_related("activity__champion__account")
    rows = [
        [
            activity_link(double.activity, request.user),
            wording.moment(double.occurred_at),
            double.source,
            cells.link(double, "Its touch"),
        ]
        for double in doubles[:DOUBLES_SHOWN]
    ]
    if not rows:
        return ""
    return TableCard(
        title="Looks like the same act",
        note="same champion, deal and kind within 24 hours, told by another source",
        head=["Activity", "When", "Told by", "Touch"],
        rows=rows,
        empty="",
    ).drawn()


register_panel(Touch, touch_head, place=10)
register_panel(Touch, touch_doubles, place=20)
