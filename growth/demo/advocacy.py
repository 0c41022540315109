"""What champions did and whom it met: calls for deals, content and its readers, events, referrals.

A tenth of the champions took 45 % of the calls in the first year and 25 % in the second, after rotation began; six
in ten were not used at all in the first year. Buyers are known more or less surely, so every rung of the match
ladder occurs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Final

from accounts.choices import OpportunityKind, Outcome
from advocacy.choices import ActivityKind, EncounterKind, TouchRole
from growth.demo.champions import Advocate
from growth.demo.companies import Company
from growth.demo.contacts import Person
from growth.demo.deals import Deal
from growth.demo.seed import DAYS, SOURCE_SLUG, Seed, pick

SOURCE: Final = f"crm:{SOURCE_SLUG}"
CALENDAR: Final = "demo-calendar"  # a second witness of the same calls: where duplicates come from

TOP_SHARE: Final = 0.10
# Chances of asking a favorite; with the ties of fate, the busiest tenth ends near 45 % and 25 % of the calls.
TOP_FIRST_YEAR: Final = 0.29
TOP_SECOND_YEAR: Final = 0.20
USED_FIRST_YEAR: Final = 0.40

# Chance that a deal of this outcome is helped by a reference: proof and winning go together.
NEEDS_PROOF: Final = {Outcome.WON: 0.66, Outcome.LOST: 0.38, Outcome.OPEN: 0.42}
_NEEDS_PROOF_EXPANSION: Final = 0.16
CALLS: Final = (
    (ActivityKind.REFERENCE_CALL, 62), (ActivityKind.EMAIL_QA, 14), (ActivityKind.GROUP_CALL, 8),
    (ActivityKind.SITE_VISIT, 7), (ActivityKind.WRITTEN_REFERENCE, 9),
)  # fmt: skip
# How the buyer is known, and how often: the rungs of the ladder from the surest down.
CALL_WAYS: Final = (("deal", 40), ("role", 30), ("contact", 12), ("account", 7), ("domain", 7), ("parent", 4))
CONTENT_WAYS: Final = (("deal", 4), ("role", 34), ("contact", 18), ("account", 10), ("domain", 28), ("parent", 6))

# Content and events: kind, how many in two years, encounter kind, typical audience, title.
ASSETS: Final = (
    (ActivityKind.CASE_STUDY, 26, EncounterKind.CONTENT, 16, "Case study"),
    (ActivityKind.VIDEO, 10, EncounterKind.CONTENT, 14, "Customer video"),
    (ActivityKind.PODCAST, 5, EncounterKind.CONTENT, 8, "Podcast episode"),
    (ActivityKind.WRITTEN_ANSWER, 12, EncounterKind.CONTENT, 4, "Written answer"),
    (ActivityKind.RECORDED_ANSWER, 8, EncounterKind.CONTENT, 5, "Recorded answer"),
    (ActivityKind.REVIEW, 64, EncounterKind.REVIEW, 3, "Review"),
    (ActivityKind.QUOTE, 40, EncounterKind.CONTENT, 1, "Quote"),
    (ActivityKind.LOGO, 45, EncounterKind.CONTENT, 1, "Logo"),
    (ActivityKind.SOCIAL, 20, EncounterKind.CONTENT, 1, "Social post"),
    (ActivityKind.PRESS_INTERVIEW, 5, EncounterKind.CONTENT, 2, "Press interview"),
    (ActivityKind.ANALYST_CALL, 8, EncounterKind.CONVERSATION, 0, "Analyst call"),
    (ActivityKind.INVESTOR_MATERIAL, 2, EncounterKind.CONTENT, 0, "Investor material"),
    (ActivityKind.AWARD, 4, EncounterKind.EVENT, 1, "Award"),
    (ActivityKind.WEBINAR, 12, EncounterKind.EVENT, 18, "Webinar"),
    (ActivityKind.SPEAKING, 14, EncounterKind.EVENT, 10, "Talk"),
    (ActivityKind.ADVISORY_BOARD, 16, EncounterKind.EVENT, 0, "Advisory board"),
    (ActivityKind.BETA_FEEDBACK, 12, EncounterKind.CONVERSATION, 0, "Beta feedback"),
    (ActivityKind.COMMUNITY_ANSWER, 60, EncounterKind.CONTENT, 2, "Community answer"),
    (ActivityKind.COMMUNITY_CONTRIBUTION, 14, EncounterKind.CONTENT, 2, "Community article"),
)
FAMILY: Final = 0.5  # chance that a champion of a sister company is asked where there is one
REFERRED: Final = 0.13  # of new-business deals
OWN_SIDE: Final = 46
DUPLICATES: Final = 7
WITHDRAWN: Final = 6


@dataclass(frozen=True)
class Deed:
    """An activity. `duplicate_of` names the deed it repeats; `withdrawn` is the reason why it no longer counts."""

    key: str
    champion_key: str
    kind: ActivityKind
    title: str
    occurred_at: dt.datetime
    source: str = SOURCE
    duplicate_of: str = ""
    withdrawn: str = ""


@dataclass(frozen=True)
class Meeting:
    """An encounter: which deed met which buyer, by the surest name that we had."""

    key: str
    deed_key: str
    occurred_at: dt.datetime
    kind: EncounterKind
    role: TouchRole = TouchRole.INFLUENCED
    deal_key: str = ""
    given_rung: int | None = None
    contact_key: str = ""
    account_key: str = ""
    domain: str = ""
    weight_hint: Decimal = Decimal(1)
    named_by: str = ""
    withdrawn: str = ""
    source: str = SOURCE


@dataclass(frozen=True)
class Record:
    deeds: list[Deed]
    meetings: list[Meeting]

    @property
    def sourced_deals(self) -> set[str]:
        return {meeting.deal_key for meeting in self.meetings if meeting.role is TouchRole.SOURCED}


class Scribe:
    """Writes down deeds and meetings under running numbers; knows the tenant's rows by key."""

    def __init__(
        self, seed: Seed, random: Random, companies: Sequence[Company], contacts: Sequence[Person],
        deals: Sequence[Deal], pool: Sequence[Advocate],
    ) -> None:  # fmt: skip
        self.seed, self.random = seed, random
        self.companies = {company.key: company for company in companies}
        self.children = {company.parent_key: company for company in companies if company.parent_key}
        self.staff: dict[str, list[Person]] = {}
        for person in contacts:
            self.staff.setdefault(person.account_key, []).append(person)
        self.deals = [deal for deal in deals if not deal.is_deleted]
        self.advocates = {advocate.key: advocate for advocate in pool}
        self.able = [advocate for advocate in pool if advocate.joined_at]
        self.family = {key: _top(self.companies, key) for key in self.companies}
        self.deeds: list[Deed] = []
        self.meetings: list[Meeting] = []

    def deed(self, advocate: Advocate, kind: ActivityKind, title: str, at: dt.datetime, **more: str) -> Deed:
        key = self.seed.key("act", len(self.deeds) + 1)
        self.deeds.append(Deed(key, advocate.key, kind, title, at, **more))
        return self.deeds[-1]

    def meet(self, deed: Deed, at: dt.datetime, kind: EncounterKind, **buyer: object) -> Meeting:
        key = self.seed.key("enc", len(self.meetings) + 1)
        at = min(max(at, deed.occurred_at), self.seed.at - dt.timedelta(hours=1))
        self.meetings.append(Meeting(key, deed.key, at.replace(microsecond=0), kind, **buyer))  # type: ignore[arg-type]
        return self.meetings[-1]

    def buyer(self, deal: Deal, ways: Sequence[tuple[str, float]]) -> dict[str, object]:
        """The buyer of a deal as the chosen way knows it; falls back to the next surer way when it knows nothing."""
        company, staff = self.companies[deal.account_key], self.staff.get(deal.account_key, [])
        in_role = {key for key, _, _ in deal.contacts}
        others = [person.key for person in staff if person.key not in in_role]
        relative = self.companies.get(company.parent_key) or self.children.get(company.key)
        match pick(self.random, ways):
            case "parent" if relative:
                return {"account_key": relative.key}
            case "domain" if company.domain:
                return {"domain": company.domain}
            case "contact" if others:
                return {"contact_key": self.random.choice(others)}
            case "role" if in_role:
                return {"contact_key": self.random.choice(sorted(in_role))}
            case "contact" if in_role:
                return {"contact_key": self.random.choice(sorted(in_role))}
            case "deal":
                return {"deal_key": deal.key, "named_by": deal.owner_email}
            case _:
                return {"account_key": company.key}

    def helper(self, deal: Deal, at: dt.datetime) -> Advocate | None:
        """Who is asked: another customer's champion, the favorites more often, less so since rotation began."""
        first_year = self.seed.days_since(at) > DAYS // 2
        top = max(1, int(len(self.able) * TOP_SHARE))
        used = int(len(self.able) * USED_FIRST_YEAR) if first_year else len(self.able)
        favored = self.random.random() < (TOP_FIRST_YEAR if first_year else TOP_SECOND_YEAR)
        circle = self.able[:top] if favored else self.able[top:used]
        free = [a for a in circle if a.account_key != deal.account_key and _is_in(a, at)]
        if not free:
            free = [a for a in self.able[:used] if a.account_key != deal.account_key and _is_in(a, at)]
        kin = [a for a in self.able if self._is_kin(a, deal) and _is_in(a, at)]
        if kin and self.random.random() < FAMILY:
            return self.random.choice(kin)
        near = [a for a in free if self._is_alike(a, deal)]
        return self.random.choice(near if near and self.random.random() < 0.5 else free) if free else None

    def _is_kin(self, advocate: Advocate, deal: Deal) -> bool:
        ours, theirs = advocate.account_key, deal.account_key
        return ours != theirs and self.family[ours] == self.family[theirs]

    def _is_alike(self, advocate: Advocate, deal: Deal) -> bool:
        return self.companies[advocate.account_key].industry == self.companies[deal.account_key].industry


def _top(companies: dict[str, Company], key: str) -> str:
    while parent := companies[key].parent_key:
        key = parent
    return key


def _is_in(advocate: Advocate, at: dt.datetime) -> bool:
    joined, gone = advocate.joined_at, advocate.gone_at
    return joined is not None and joined <= at and (gone is None or at < gone)


def make_record(
    seed: Seed, companies: Sequence[Company], contacts: Sequence[Person], deals: Sequence[Deal],
    pool: Sequence[Advocate],
) -> Record:  # fmt: skip
    """All deeds and meetings; the order of writing is not that of time."""
    scribe = Scribe(seed, seed.stream("advocacy"), companies, contacts, deals, pool)
    if scribe.able:
        _calls(scribe)
        _assets(scribe)
        _referrals(scribe)
        _own_side(scribe)
        _duplicates(scribe)
    return Record(_withdraw_deeds(scribe.deeds), _withdraw_meetings(scribe.meetings))


# --- Calls for deals -------------------------------------------------------------------------------------------
def _calls(scribe: Scribe) -> None:
    for deal in scribe.deals:
        if scribe.random.random() < _need(deal):
            for _ in range(pick(scribe.random, ((1, 62), (2, 27), (3, 9), (5, 2)))):
                _call(scribe, deal)


def _need(deal: Deal) -> float:
    if deal.kind is OpportunityKind.NEW_BUSINESS:
        return NEEDS_PROOF[deal.outcome]
    return _NEEDS_PROOF_EXPANSION if deal.kind is OpportunityKind.EXPANSION else 0.02


def _call(scribe: Scribe, deal: Deal) -> None:
    at = _moment_for(scribe, deal)
    advocate = scribe.helper(deal, at)
    if advocate is None:
        return
    kind = pick(scribe.random, CALLS)
    deed = scribe.deed(advocate, kind, f"{kind.label} for {_title_of(scribe, deal)}", at)
    hint = {ActivityKind.SITE_VISIT: Decimal(2), ActivityKind.GROUP_CALL: Decimal("0.5")}.get(kind, Decimal(1))
    scribe.meet(deed, at, EncounterKind.CONVERSATION, weight_hint=hint, **scribe.buyer(deal, CALL_WAYS))
    if kind is ActivityKind.GROUP_CALL:
        for other in scribe.random.sample(scribe.deals, min(3, len(scribe.deals))):
            if other.key != deal.key and _is_live(scribe, other, at):
                scribe.meet(deed, at, EncounterKind.CONVERSATION, weight_hint=hint, **scribe.buyer(other, CALL_WAYS))


def _title_of(scribe: Scribe, deal: Deal) -> str:
    return scribe.companies[deal.account_key].name[:120]


def _moment_for(scribe: Scribe, deal: Deal) -> dt.datetime:
    """Mostly inside the deal's life, late rather than early; some before it, outside any window, or too late."""
    start, end = deal.began_at, deal.closed_at or scribe.seed.at - dt.timedelta(hours=2)
    kind = scribe.random.random()
    if kind < 0.05:
        moment = start - dt.timedelta(days=scribe.random.randrange(4, 170))
    elif kind < 0.08:
        moment = start - dt.timedelta(days=scribe.random.randrange(190, 600))
    elif kind < 0.11:
        moment = end + dt.timedelta(days=scribe.random.randrange(1, 25))
    else:
        moment = start + (end - start) * scribe.random.betavariate(3, 2)
    return min(moment, scribe.seed.at - dt.timedelta(hours=2)).replace(microsecond=0)


def _is_live(scribe: Scribe, deal: Deal, at: dt.datetime) -> bool:
    return deal.began_at - dt.timedelta(days=60) <= at <= (deal.closed_at or scribe.seed.at)


# --- Content and events ------------------------------------------------------------------------------------------
def _assets(scribe: Scribe) -> None:
    for kind, count, meeting_kind, audience, title in ASSETS:
        for number in range(1, scribe.seed.count(count) + 1):
            advocate = scribe.random.choice(scribe.able)
            at = _after_joining(scribe, advocate)
            company = scribe.companies[advocate.account_key].name[:100]
            deed = scribe.deed(advocate, kind, f"{title} {number}: {company}", at)
            for _ in range(_audience(scribe.random, audience)):
                _reader(scribe, deed, meeting_kind)


def _after_joining(scribe: Scribe, advocate: Advocate) -> dt.datetime:
    assert advocate.joined_at is not None  # noqa: S101 - only who joined is able
    end = min(advocate.gone_at or scribe.seed.at, scribe.seed.at) - dt.timedelta(hours=3)
    start = min(max(advocate.joined_at, scribe.seed.at - dt.timedelta(days=DAYS)), end)
    return (start + (end - start) * scribe.random.random()).replace(microsecond=0)


def _audience(random: Random, typical: int) -> int:
    """Skewed: most pieces find few readers, a few find many."""
    return min(6 * typical, int(typical * random.paretovariate(1.6) * 0.55)) if typical else 0


def _reader(scribe: Scribe, deed: Deed, kind: EncounterKind) -> None:
    """A view by the buyer of a live deal; one in nine by a company that we do not know."""
    random = scribe.random
    at = deed.occurred_at
    if kind is not EncounterKind.EVENT:
        at += (scribe.seed.at - at) * random.random() ** 1.7
    if random.random() < 0.11:
        scribe.meet(deed, at, kind, domain=f"visitor-{random.randrange(400)}.example")
        return
    for _ in range(12):
        deal = random.choice(scribe.deals)
        if _is_live(scribe, deal, at):
            scribe.meet(deed, at, kind, **scribe.buyer(deal, CONTENT_WAYS))
            return


# --- Referrals, introductions, a customer's own deals ---------------------------------------------------------------
def _referrals(scribe: Scribe) -> None:
    """Deals that exist because somebody said so; a few written down only after the deal was opened."""
    for deal in scribe.deals:
        if deal.kind is OpportunityKind.RENEWAL or scribe.random.random() > _referral_chance(deal):
            continue
        ahead = scribe.random.randrange(3, 60) if scribe.random.random() > 0.07 else -9
        at = (deal.began_at - dt.timedelta(days=ahead)).replace(microsecond=0)
        advocate = scribe.helper(deal, at)
        if advocate is not None:
            kind = pick(scribe.random, ((ActivityKind.REFERRAL, 65), (ActivityKind.INTRODUCTION, 35)))
            deed = scribe.deed(advocate, kind, f"{kind.label} of {_title_of(scribe, deal)}", min(at, _latest(scribe)))
            rung = pick(scribe.random, ((None, 70), (2, 18), (5, 12)))
            scribe.meet(deed, at, EncounterKind(kind.value), role=TouchRole.SOURCED, deal_key=deal.key,
                        given_rung=rung, named_by=deal.owner_email)  # fmt: skip


def _latest(scribe: Scribe) -> dt.datetime:
    return scribe.seed.at - dt.timedelta(hours=2)


def _referral_chance(deal: Deal) -> float:
    if deal.kind is OpportunityKind.EXPANSION:
        return 0.02
    return REFERRED * (1.7 if deal.outcome is Outcome.WON else 0.8)


def _own_side(scribe: Scribe) -> None:
    """Champions at business reviews of their own company's expansions and renewals: never credit, still to be seen."""
    at_home: dict[str, list[Advocate]] = {}
    for advocate in scribe.able:
        at_home.setdefault(advocate.account_key, []).append(advocate)
    own = [deal for deal in scribe.deals if deal.kind is not OpportunityKind.NEW_BUSINESS]
    own = [deal for deal in own if deal.account_key in at_home]
    for deal in scribe.random.sample(own, min(len(own), scribe.seed.count(OWN_SIDE))):
        at = _moment_for(scribe, deal)
        for advocate in [a for a in at_home[deal.account_key] if _is_in(a, at)][:1]:
            deed = scribe.deed(advocate, ActivityKind.WRITTEN_REFERENCE, "Internal recommendation", at)
            scribe.meet(deed, at, EncounterKind.CONVERSATION, **scribe.buyer(deal, CALL_WAYS[:4]))


# --- What went wrong while writing down ----------------------------------------------------------------------------
def _duplicates(scribe: Scribe) -> None:
    """Calls that the calendar reported once more, with their own meeting."""
    by_deed = {meeting.deed_key: meeting for meeting in scribe.meetings}
    calls = [deed for deed in scribe.deeds if deed.kind is ActivityKind.REFERENCE_CALL and deed.key in by_deed]
    for deed in scribe.random.sample(calls, min(len(calls), scribe.seed.count(DUPLICATES))):
        first = by_deed[deed.key]
        at = deed.occurred_at + dt.timedelta(minutes=scribe.random.randrange(1, 50))
        advocate = scribe.advocates[deed.champion_key]
        copy = scribe.deed(advocate, deed.kind, deed.title, at, source=CALENDAR, duplicate_of=deed.key)
        scribe.meet(copy, at, first.kind, source=CALENDAR, deal_key=first.deal_key, contact_key=first.contact_key,
                    account_key=first.account_key, domain=first.domain)  # fmt: skip


def _withdraw_deeds(deeds: list[Deed]) -> list[Deed]:
    """Every so manieth deed did not happen after all."""
    step = max(1, len(deeds) // WITHDRAWN)
    return [
        _replaced(deed, "the call did not take place") if place % step == step - 1 and not deed.duplicate_of else deed
        for place, deed in enumerate(deeds)
    ]


def _withdraw_meetings(meetings: list[Meeting]) -> list[Meeting]:
    step = max(1, len(meetings) // WITHDRAWN)
    return [
        _replaced(meeting, "this was not the buyer") if place % step == step // 2 else meeting
        for place, meeting in enumerate(meetings)
    ]


def _replaced(row, reason: str):  # type: ignore[no-untyped-def]
    return row.__class__(**{**row.__dict__, "withdrawn": reason})
