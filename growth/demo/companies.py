"""Accounts of the demo: 600 customers, their prospects, a few families of companies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from accounts.choices import Lifecycle, Role
from growth.demo import names
from growth.demo.people import EAST, WEST, Person, emails
from growth.demo.seed import DAYS, Seed

CUSTOMERS: Final = 600
PROSPECTS: Final = 420
HOLDINGS: Final = 14  # companies that own others, buy nothing themselves and have no people that we know
NEW_CUSTOMER_SHARE: Final = 0.32  # of the customers, signed within the two years
CHILD_SHARE: Final = 0.08

# Segment, smallest and largest number of employees, weight.
SEGMENTS: Final = (("Enterprise", 2500, 60000, 22), ("Mid-market", 300, 2499, 43), ("Small business", 15, 299, 35))


@dataclass(frozen=True)
class Company:
    """`warmth` (0-1) is how good the relationship is: it moves signals, renewals and who becomes a champion."""

    key: str
    name: str
    domain: str
    industry: str
    segment: str
    region: str
    country: str
    currency: str
    language: str
    employees: int | None
    lifecycle: Lifecycle
    owner_email: str
    csm_email: str
    customer_since: dt.date | None
    warmth: float
    parent_key: str = ""
    is_holding: bool = False

    @property
    def is_customer(self) -> bool:
        return self.lifecycle is Lifecycle.CUSTOMER


def make_companies(seed: Seed, people: Sequence[Person]) -> list[Company]:
    """Customers first, then prospects; the first rows carry the odd names and the gaps."""
    random = seed.stream("companies")
    taken: set[str] = set()
    customers = [_company(seed, random, taken, people, n, True) for n in range(seed.count(CUSTOMERS))]
    first = len(customers)
    prospects = [_company(seed, random, taken, people, first + n, False) for n in range(seed.count(PROSPECTS))]
    holdings = [
        replace(company, name=f"{company.name.split()[0]} Holdings", is_holding=True, csm_email="")
        for company in (
            _company(seed, random, taken, people, first + len(prospects) + n, False)
            for n in range(seed.count(HOLDINGS))
        )
    ]
    return _with_families(random, _with_odd_rows([*customers, *prospects], first), holdings)


def _company(
    seed: Seed, random: Random, taken: set[str], people: Sequence[Person], number: int, customer: bool
) -> Company:
    industry, words, _ = random.choices(names.INDUSTRIES, [row[2] for row in names.INDUSTRIES])[0]
    region, country, currency, language, _ = random.choices(names.PLACES, [row[4] for row in names.PLACES])[0]
    segment, low, high, _ = random.choices(SEGMENTS, [row[3] for row in SEGMENTS])[0]
    head = _free_name(random, taken)
    reps = emails(list(people), Role.SALES, WEST if region == "North America" else EAST)
    csms = emails(list(people), Role.CSM)
    return Company(
        key=seed.key("acc", number + 1),
        name=f"{head} {random.choice(words)}",
        domain="" if random.random() < 0.05 else f"{head.lower().replace(' ', '-')}.example",
        industry="" if random.random() < 0.04 else industry,
        segment=segment,
        region=region,
        country=country,
        currency=currency,
        language=language,
        employees=None if random.random() < 0.08 else round(low * (high / low) ** random.random()),
        lifecycle=Lifecycle.CUSTOMER if customer else Lifecycle.PROSPECT,
        owner_email="" if random.random() < 0.02 else _skewed(random, reps),
        csm_email=_skewed(random, csms) if customer and random.random() > 0.07 else "",
        customer_since=_customer_since(seed, random) if customer else None,
        warmth=random.betavariate(3.2, 2.0) if customer else 0.5,
    )


def _free_name(random: Random, taken: set[str]) -> str:
    """A name nobody has: two syllables, at large scales three, then a number word."""
    for attempt in range(60):
        parts = [random.choice(names.COMPANY_HEADS), random.choice(names.COMPANY_TAILS)]
        if attempt > 8:
            parts.append(random.choice(names.COMPANY_TAILS))
        if attempt > 30:
            parts.append(f" {random.randrange(2, 9999)}")
        name = "".join(parts)
        if name not in taken and name != "Corvane":
            break
    taken.add(name)
    return name


def _skewed(random: Random, choices: Sequence[str]) -> str:
    """The first ones carry more rows than the last, as books of business do."""
    return choices[int(len(choices) * random.random() ** 1.6)]


def _customer_since(seed: Seed, random: Random) -> dt.date:
    if random.random() < NEW_CUSTOMER_SHARE:
        return seed.day(random.randrange(5, DAYS - 20))
    return seed.day(random.randrange(DAYS, DAYS + 7 * 365))


def _with_odd_rows(companies: list[Company], first_prospect: int) -> list[Company]:
    """Longest name, right-to-left and Japanese names, a domain shared by two, a customer without a start."""
    odd = {
        1: {"name": names.LONG_NAME},
        2: {"name": names.RIGHT_TO_LEFT_NAME, "region": "Middle East", "country": "KW", "currency": "KWD",
            "language": "ar"},
        3: {"name": names.JAPANESE_NAME, "region": "Asia Pacific", "country": "JP", "currency": "JPY",
            "language": "ja"},
        4: {"customer_since": None, "csm_email": "", "industry": "", "employees": None},
        first_prospect + 1: {"region": "", "country": "", "owner_email": "", "industry": ""},
    }  # fmt: skip
    for index, fields in odd.items():
        if index < len(companies):
            companies[index] = replace(companies[index], **fields)  # type: ignore[arg-type]
    if len(companies) > 7:
        companies[6] = replace(companies[6], domain=companies[5].domain)
    return companies


def _with_families(random: Random, companies: list[Company], holdings: list[Company]) -> list[Company]:
    """Half of the subsidiaries belong to a holding, the others to an earlier company: no chain can close a circle."""
    for index in range(10, len(companies)):
        if random.random() < CHILD_SHARE:
            owner = random.choice(holdings) if random.random() < 0.5 else companies[int(random.random() ** 1.5 * index)]
            companies[index] = replace(companies[index], parent_key=owner.key)
    return [*companies, *holdings]


def renewal_on(company: Company, today: dt.date) -> dt.date | None:
    """The next anniversary of the contract, empty for who is no customer."""
    if not company.is_customer or company.customer_since is None:
        return None
    return anniversary(company.customer_since, today.year + (_day_of(company, today.year) < today))


def _day_of(company: Company, year: int) -> dt.date:
    assert company.customer_since is not None  # noqa: S101 - the caller has looked
    return anniversary(company.customer_since, year)


def anniversary(day: dt.date, year: int) -> dt.date:
    """The same day of another year; 29 February becomes the 28th."""
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
