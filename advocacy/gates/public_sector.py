"""What a public body forbids: gifts above its limit, rewarded reviews, publicity without an official's key.

`readiness` section 5, `proof` section 7.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from advocacy.choices import Use
from advocacy.gifts import gift_allowance
from advocacy.grants.coverage import Coverage
from advocacy.models import Champion

if TYPE_CHECKING:
    from advocacy.gates.judging import Reward

PUBLICITY: Final = frozenset({Use.QUOTE, Use.LOGO, Use.CASE_STUDY, Use.VIDEO, Use.PRESS, Use.EVENT_TALK})

_UNSIGNED: Final = "A public body speaks only with a key of its legal, procurement or communications office"


def public_sector_limits(
    champion_ids: Collection[int], *, use: str, at: dt.datetime, reward: Reward | None, covered: Mapping[int, Coverage]
) -> dict[int, str]:
    """Why the ask would break a rule of the public sector, by champion; who is not named may be asked."""
    if reward is not None and use == Use.REVIEW:
        return dict.fromkeys(champion_ids, "A review never carries a reward")
    if reward is None and use not in PUBLICITY:
        return {}
    rows = Champion.objects.filter(pk__in=champion_ids, account__industry__istartswith="public")
    public = dict(rows.values_list("pk", "contact"))
    refused = {}
    if use in PUBLICITY:
        unsigned = [pk for pk in public if not covered[pk].speaks_for_public_body]
        refused = dict.fromkeys(unsigned, _UNSIGNED)
    if reward is not None:
        allowed = gift_allowance(public.values(), use=use, kind=reward.kind, currency=reward.currency, at=at)
        short = [pk for pk, contact in public.items() if not allowed[contact].covers(reward.amount_minor)]
        refused |= dict.fromkeys(short, "The reward is above what a public body lets its people take")
    return refused
