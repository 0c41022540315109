"""Which keys a planned use has, judged for many champions at once by one statement (`coverage.sql`).

A grant in force on the day covers what is planned when its lists contain it, it does not exclude the prospect and its
own cap is not used up. Every key that the use needs must be covered; the shown identity is the more anonymous of both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import connection

from advocacy.choices import Audience, Grantor, Identity, Use
from advocacy.models import UseRule
from advocacy.prospects import Prospect

# Audience planned unless the ask names one; all other uses go public.
_PLANNED: Final = {
    **dict.fromkeys([Use.CALL, Use.GROUP_CALL, Use.EMAIL_QA, Use.WRITTEN_REFERENCE, Use.SITE_VISIT], "named_prospect"),
    **dict.fromkeys([Use.ADVISORY_BOARD, Use.BETA, Use.REFERRAL], "internal"),
    Use.ANALYST: "under_nda",
}
# Audience -> the audiences of a grant that cover it.
_COVERED_BY: Final = {
    Audience.INTERNAL: [Audience.INTERNAL, Audience.NAMED_PROSPECT, Audience.UNDER_NDA, Audience.PUBLIC],
    Audience.NAMED_PROSPECT: [Audience.NAMED_PROSPECT, Audience.PUBLIC],
    Audience.UNDER_NDA: [Audience.UNDER_NDA, Audience.PUBLIC],
    Audience.PUBLIC: [Audience.PUBLIC],
}
_ORDER: Final = {level: place for place, level in enumerate(Identity.values)}


@dataclass(frozen=True)
class Plan:
    """What is planned beside the use: empty means that it does not matter. `product` is a key; `minutes` of the ask."""

    product: int | None = None
    region: str = ""
    language: str = ""
    campaign: str = ""
    channel: str = ""
    audience: str = ""
    minutes: int = 0


@dataclass
class Coverage:
    """The keys of one champion for one use: covering grants by grantor, as (identity, speaks for a public body)."""

    needed: frozenset[str]
    person: list[tuple[str, bool]] = field(default_factory=list)
    company: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def missing(self) -> set[str]:
        """The grantors whose key is needed and not there."""
        held = {Grantor.PERSON: self.person, Grantor.COMPANY: self.company}
        return {str(grantor) for grantor, grants in held.items() if grantor in self.needed and not grants}

    @property
    def speaks_for_public_body(self) -> bool:
        """Whether legal, procurement or communications of the company gave its key."""
        return any(is_official for _, is_official in self.company)

    @property
    def identity(self) -> str:
        """How much may be shown: of each key the most open grant, of both keys the more anonymous."""
        most_open = [
            min((identity for identity, _ in grants), key=_ORDER.__getitem__)
            for grants in (self.person, self.company)
            if grants
        ]
        return max(most_open, key=_ORDER.__getitem__, default=Identity.ANONYMOUS)


def coverage_of(
    champion_ids: Collection[int], *, use: str, on: dt.date, plan: Plan | None = None, prospect: Prospect | None = None
) -> Mapping[int, Coverage]:
    """The keys by champion, for all of them."""
    rule, plan = UseRule.objects.get(use=use), plan or Plan()
    needed = frozenset(
        str(grantor)
        for grantor, is_needed in ((Grantor.PERSON, rule.needs_person), (Grantor.COMPANY, rule.needs_company))
        if is_needed
    )
    answer = {pk: Coverage(needed) for pk in champion_ids}
    if needed:
        for pk, grantor, identity, is_official in _covering(champion_ids, use, on, plan, prospect):
            grants = answer[pk].person if grantor == Grantor.PERSON else answer[pk].company
            grants.append((identity, is_official))
    return answer


def _covering(
    champion_ids: Collection[int], use: str, on: dt.date, plan: Plan, prospect: Prospect | None
) -> list[tuple[int, str, str, bool]]:
    audience = Audience(plan.audience or _PLANNED.get(Use(use), Audience.PUBLIC))
    parameters: dict[str, Any] = {
        "ids": list(champion_ids),
        "use": use,
        "day": on,
        "product": plan.product,
        "region": plan.region,
        "language": plan.language,
        "campaign": plan.campaign,
        "channel": plan.channel,
        "minutes": plan.minutes,
        "covering_audiences": [str(covering) for covering in _COVERED_BY[audience]],
        "prospect": prospect.account_id if prospect else None,
        "family": list(prospect.family) if prospect else [],
        "domains": list(prospect.domains) if prospect else [],
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(), parameters)
        return [row[:4] for row in cursor.fetchall()]


@cache
def _statement() -> str:
    return (Path(__file__).parent / "coverage.sql").read_text()
