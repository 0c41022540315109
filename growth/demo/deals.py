"""Two years of opportunities: new business, renewals each year, expansions between; stages, people, money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Final

from accounts.choices import OpportunityKind, Outcome
from growth.demo import names
from growth.demo.companies import Company, anniversary
from growth.demo.contacts import Person
from growth.demo.seed import DAYS, Seed, pick

STAGES: Final = ("Discovery", "Qualified", "Solution fit", "Proposal", "Negotiation")
WON, LOST = "Closed won", "Closed lost"
STAGE_MAP: Final = {
    **{name: {"outcome": "open", "order": order} for order, name in enumerate(STAGES, 1)},
    WON: {"outcome": "won", "order": 6},
    LOST: {"outcome": "lost", "order": 7},
}
ROLES: Final = (("Decision maker", 3), ("Evaluator", 4), ("Champion", 2), ("Economic buyer", 2), ("", 1))

# Yearly contract value in dollars: median by segment; new business, expansion and renewal as shares of it.
_MEDIAN: Final = {"Enterprise": 96_000, "Mid-market": 31_000, "Small business": 8_500}
_SHARE: Final = {OpportunityKind.NEW_BUSINESS: 1.0, OpportunityKind.EXPANSION: 0.35, OpportunityKind.RENEWAL: 1.1}
_CYCLE_DAYS: Final = {
    OpportunityKind.NEW_BUSINESS: 105, OpportunityKind.EXPANSION: 55, OpportunityKind.RENEWAL: 75,
}  # fmt: skip
_PER_DOLLAR: Final = {
    "USD": Decimal(1), "EUR": Decimal("0.92"), "JPY": Decimal(149), "KWD": Decimal("0.308"),
}  # fmt: skip
_STEP: Final = {"USD": Decimal("0.01"), "EUR": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}


@dataclass(frozen=True)
class Deal:
    """`contacts` holds (contact key, role, is primary); `stages` holds (stage, entered at), oldest first."""

    key: str
    account_key: str
    name: str
    kind: OpportunityKind | None
    outcome: Outcome
    amount: Decimal | None
    currency: str
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None
    lead_at: dt.datetime | None
    expected_close_on: dt.date | None
    lead_source: str
    owner_email: str
    product: str
    stages: tuple[tuple[str, dt.datetime], ...]
    contacts: tuple[tuple[str, str, bool], ...] = ()
    is_deleted: bool = False

    @property
    def began_at(self) -> dt.datetime:
        return self.stages[0][1]


def make_deals(seed: Seed, companies: Sequence[Company], people: Sequence[Person]) -> list[Deal]:
    """Deals by account in the order of accounts, then the odd rows."""
    random = seed.stream("deals")
    staff: dict[str, list[Person]] = {}
    for person in people:
        staff.setdefault(person.account_key, []).append(person)
    deals: list[Deal] = []
    for company in companies:
        for kind, opened_ago, days, outcome in _deals_of(seed, random, company):
            key = seed.key("opp", len(deals) + 1)
            deals.append(_deal(seed, random, company, staff.get(company.key, []), key, kind, opened_ago, days, outcome))
    return _with_odd_rows(seed, deals)


def _deals_of(seed: Seed, random: Random, company: Company) -> list[tuple[OpportunityKind, int, int, Outcome]]:
    """(kind, opened days ago, days to close, outcome as it will be) of one account, within the two years."""
    if company.is_customer:
        return [*_first_deal(seed, random, company), *_renewals(seed, random, company), *_expansions(random, company)]
    if company.is_holding:
        return []
    found = []
    for _ in range(pick(random, ((1, 80), (2, 18), (3, 2)))):
        # The pipeline grows: more deals were opened lately than two years ago.
        opened = int((DAYS - 10) * random.random() ** 1.25) + 3
        found.append((OpportunityKind.NEW_BUSINESS, opened, _cycle(random, OpportunityKind.NEW_BUSINESS), Outcome.LOST))
    return found


def _cycle(random: Random, kind: OpportunityKind) -> int:
    return max(6, round(_CYCLE_DAYS[kind] * random.lognormvariate(0, 0.45)))


def _first_deal(seed: Seed, random: Random, company: Company) -> list[tuple[OpportunityKind, int, int, Outcome]]:
    if company.customer_since is None or company.customer_since <= seed.day(DAYS):
        return []
    won_ago, days = (seed.at.date() - company.customer_since).days, _cycle(random, OpportunityKind.NEW_BUSINESS)
    return [(OpportunityKind.NEW_BUSINESS, won_ago + days, days, Outcome.WON)]


def _renewals(seed: Seed, random: Random, company: Company) -> list[tuple[OpportunityKind, int, int, Outcome]]:
    """One a year that closes near the anniversary; cold relationships are lost more often."""
    found = []
    if company.customer_since is None:
        return []
    for year in range(company.customer_since.year + 1, seed.at.year + 2):
        due_ago = (seed.at.date() - anniversary(company.customer_since, year)).days
        days = _cycle(random, OpportunityKind.RENEWAL)
        if -60 <= due_ago < DAYS - 30 and due_ago + days > 1:
            outcome = Outcome.WON if random.random() < 0.82 + 0.17 * company.warmth else Outcome.LOST
            found.append((OpportunityKind.RENEWAL, due_ago + days, days, outcome))
            if outcome is Outcome.LOST:
                break
    return found


def _expansions(random: Random, company: Company) -> list[tuple[OpportunityKind, int, int, Outcome]]:
    found = []
    for _ in range(2):
        if random.random() < 0.12 + 0.38 * company.warmth:
            days = _cycle(random, OpportunityKind.EXPANSION)
            outcome = Outcome.WON if random.random() < 0.35 + 0.35 * company.warmth else Outcome.LOST
            found.append((OpportunityKind.EXPANSION, random.randrange(4, DAYS - 20), days, outcome))
    return found


def _deal(
    seed: Seed, random: Random, company: Company, staff: Sequence[Person], key: str,
    kind: OpportunityKind, opened_ago: int, days: int, outcome: Outcome,
) -> Deal:  # fmt: skip
    closes_ago = opened_ago - days
    is_open = closes_ago < 1
    opened_at = seed.moment(random, opened_ago)
    closed_at = None if is_open else max(seed.moment(random, closes_ago), opened_at + dt.timedelta(hours=2))
    product = pick(random, [(name, weight) for name, _, weight in names.PRODUCTS])
    return Deal(
        key=key,
        account_key=company.key,
        name=f"{company.name[:200]}: {product.removeprefix('Corvane ')} {kind.label.lower()}",
        kind=kind,
        outcome=Outcome.OPEN if is_open else outcome,
        amount=_amount(random, company, kind),
        currency=company.currency,
        opened_at=opened_at,
        closed_at=closed_at,
        lead_at=_lead_at(random, opened_at, kind),
        expected_close_on=seed.day(min(closes_ago, -3)) if is_open else None,
        lead_source=pick(random, LEADS) if kind is OpportunityKind.NEW_BUSINESS else "",
        owner_email=company.owner_email,
        product=product,
        stages=_stages(random, opened_at, closed_at or seed.at, None if is_open else outcome),
        contacts=_roles(random, staff, kind),
    )


LEADS: Final = names.LEAD_SOURCES


def _amount(random: Random, company: Company, kind: OpportunityKind) -> Decimal:
    """Log-normal around the segment's median, in the company's currency, rounded as people write sums."""
    dollars = _MEDIAN[company.segment] * _SHARE[kind] * random.lognormvariate(0, 0.55)
    amount = Decimal(round(dollars, -2 if dollars > 5000 else -1)) * _PER_DOLLAR[company.currency]
    if random.random() < 0.3:  # some sums are exact to the last digit
        amount += _STEP[company.currency] * random.randrange(100)
    return amount.quantize(_STEP[company.currency])


def _lead_at(random: Random, opened_at: dt.datetime, kind: OpportunityKind) -> dt.datetime | None:
    if kind is OpportunityKind.RENEWAL or random.random() < 0.35:
        return None
    return opened_at - dt.timedelta(days=random.randrange(2, 60), minutes=random.randrange(600))


def _stages(
    random: Random, start: dt.datetime, end: dt.datetime, outcome: Outcome | None
) -> tuple[tuple[str, dt.datetime], ...]:
    """Entered in order between opening and close; lost and open deals stop early, some skip a stage."""
    reached = len(STAGES) if outcome is Outcome.WON else random.randint(1, len(STAGES))
    kept = [STAGES[0], *(name for name in STAGES[1:reached] if random.random() > 0.08)]
    steps = sorted(random.random() for _ in kept[1:])
    span = end - start
    entered = [(kept[0], start)]
    entered += [(name, start + span * (0.05 + 0.9 * step)) for name, step in zip(kept[1:], steps, strict=True)]
    if outcome is not None:
        entered.append((WON if outcome is Outcome.WON else LOST, end))
    return tuple((name, moment.replace(microsecond=0)) for name, moment in entered)


def _roles(random: Random, staff: Sequence[Person], kind: OpportunityKind) -> tuple[tuple[str, str, bool], ...]:
    """Up to three people of the account; one deal in eight names nobody."""
    if not staff or random.random() < 0.12:
        return ()
    count = min(len(staff), pick(random, ((1, 50), (2, 34), (3, 16))))
    chosen = random.sample(list(staff), count)
    return tuple((person.key, pick(random, ROLES), place == 0) for place, person in enumerate(chosen))


def _with_odd_rows(seed: Seed, deals: list[Deal]) -> list[Deal]:
    """What real exports hold: no amount, nothing, less than nothing, dates upside down, no kind, deleted."""
    step = max(1, len(deals) // 40)
    for place, index in enumerate(range(5, len(deals), step)):
        deal = deals[index]
        match place % 10:
            case 0 | 4:
                deals[index] = replace(deal, amount=None)
            case 1:
                deals[index] = replace(deal, amount=Decimal(0))
            case 2 if deal.kind is OpportunityKind.EXPANSION:
                deals[index] = replace(deal, amount=-abs(deal.amount or Decimal(900)))
            case 3 if deal.closed_at:
                deals[index] = _upside_down(deal)
            case 5:
                deals[index] = replace(deal, kind=None)
            case 6:
                deals[index] = replace(deal, is_deleted=True)
            case 7:
                deals[index] = replace(deal, owner_email="", contacts=())
            case 8 if deal.closed_at:
                deals[index] = replace(deal, opened_at=None)
    return deals


def churned(deals: Sequence[Deal]) -> set[str]:
    """Accounts whose contract ended: their last renewal was lost."""
    return {deal.account_key for deal in deals if deal.kind is OpportunityKind.RENEWAL and deal.outcome is Outcome.LOST}


def _upside_down(deal: Deal) -> Deal:
    """Somebody typed the close date into the opening: closed before it was opened."""
    assert deal.closed_at is not None  # noqa: S101 - the caller has looked
    return replace(deal, opened_at=deal.closed_at + dt.timedelta(days=9))
