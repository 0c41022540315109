"""Signals of all kinds: a warm customer scores high, every tenth is silent, some facts are stale, some corrected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Final

from growth.demo.champions import Advocate
from growth.demo.companies import Company
from growth.demo.contacts import Person
from growth.demo.seed import Seed

SILENT_SHARE: Final = 0.10
STALE_SHARE: Final = 0.08
CORRECTED_SHARE: Final = 0.004
STALE_DAYS: Final = 420


@dataclass(frozen=True)
class Fact:
    """One observed fact as its source sends it. `revision` 2 corrects the same `external_id`."""

    kind: str
    account_key: str
    contact_key: str
    raw: Decimal
    observed_at: dt.datetime
    source: str
    external_id: str
    revision: int = 1


def make_signals(
    seed: Seed, companies: Sequence[Company], contacts: Sequence[Person], pool: Sequence[Advocate]
) -> list[Fact]:
    """Facts about accounts, then about people; ids are running numbers, corrections come last."""
    random = seed.stream("signals")
    home = {company.key: company for company in companies}
    known = {advocate.contact_key for advocate in pool}
    drafts = [draft for company in companies if company.customer_since for draft in _of_account(seed, random, company)]
    for person in contacts:
        company = home.get(person.account_key)
        if company is not None and company.customer_since:
            drafts += _of_contact(seed, random, company, person, person.key in known)
    facts = [replace(draft, external_id=seed.key("sig", number)) for number, draft in enumerate(drafts, 1)]
    return facts + [_corrected(fact) for fact in facts if random.random() < CORRECTED_SHARE]


def _of_account(seed: Seed, random: Random, company: Company) -> Iterator[Fact]:
    if random.random() < SILENT_SHARE:
        return
    old = STALE_DAYS if random.random() < STALE_SHARE else 0
    warmth = company.warmth

    def fact(kind: str, raw: float, days_ago: float, source: str, digits: str = "0.1") -> Fact:
        moment = seed.moment(random, old + days_ago)
        return Fact(kind, company.key, "", Decimal(raw).quantize(Decimal(digits)), moment, source, "")

    for month in range(4):
        level = _between(100 * (0.05 + 0.9 * warmth) + random.gauss(0, 7), 0, 100)
        yield fact("health", level, 30 * month + random.randrange(2, 9), "success")
    for week in range(6):
        yield fact("usage", _between(8 + 88 * warmth + random.gauss(0, 9), 0, 140), 7 * week + 1, "product")
    for month in range(3):
        yield fact("adoption", _between(10 + 80 * warmth + random.gauss(0, 10), 0, 100), 30 * month + 3, "product")
    for week in range(4):
        yield fact("usage_trend", _between(40 * (warmth - 0.5) + random.gauss(0, 8), -90, 300), 7 * week + 1, "product")
        yield fact("support", max(0, round(random.gauss(5 - 6 * warmth, 2.5))), 7 * week + 2, "support", "1")
    if random.random() < 0.55:
        yield fact("success_plan", _between(100 * warmth + random.gauss(0, 15), 0, 100), random.randrange(5, 300),
                   "success", "1")  # fmt: skip
    if random.random() < 0.45:
        yield fact("executive_review", _grade(random, warmth), random.randrange(10, 330), "success", "1")
    yield from _alarms(random, warmth, fact)


def _alarms(random: Random, warmth: float, fact) -> Iterator[Fact]:  # type: ignore[no-untyped-def]
    """Escalations that opened, most of them closed again, and a watch on the cold accounts."""
    if random.random() < 0.20 - 0.15 * warmth:
        opened = random.randrange(4, 60)
        yield fact("escalation", random.randint(1, 3), opened, "support", "1")
        if random.random() < 0.55:
            yield fact("escalation", 0, opened - random.randrange(1, 4), "support", "1")
    if random.random() < 0.25:
        yield fact("risk", 0 if warmth > 0.55 else random.choice((1, 1, 2)), random.randrange(3, 50), "success", "1")


def _of_contact(seed: Seed, random: Random, company: Company, person: Person, in_pool: bool) -> Iterator[Fact]:
    warmth = _between(company.warmth + random.gauss(0, 0.18), 0.02, 0.99)

    def fact(kind: str, raw: float, days_ago: float, source: str, digits: str = "1") -> Fact:
        value = Decimal(raw).quantize(Decimal(digits))
        return Fact(kind, company.key, person.key, value, seed.moment(random, days_ago), source, "")

    if random.random() < (0.75 if in_pool else 0.4):
        newest = random.randrange(4, 200)
        for wave in range(random.randint(1, 3)):
            yield fact("nps", round(_between(10.4 * warmth**0.75 + random.gauss(0, 1.2), 0, 10)), newest + 182 * wave,
                       "survey")  # fmt: skip
    if random.random() < 0.25:
        yield fact("csat", _grade(random, warmth), random.randrange(3, 240), "survey")
    if random.random() < 0.35:
        yield fact("sentiment", _between(2 * warmth - 0.9 + random.gauss(0, 0.2), -1, 1), random.randrange(1, 120),
                   "calls", "0.01")  # fmt: skip
    if random.random() < (0.82 if in_pool else 0.12):
        yield fact("relationship", _grade(random, warmth), random.randrange(3, 190), "staff")
    if random.random() < (0.3 if in_pool else 0.08):
        yield fact("community", round(random.paretovariate(1.3)) % 400, random.randrange(2, 80), "community")


def _grade(random: Random, warmth: float) -> int:
    return round(_between(1 + 3.8 * warmth + random.gauss(0, 0.6), 1, 5))


def _between(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))


# Whole numbers: a correction takes one away.
_COUNTED: Final = frozenset(["nps", "csat", "relationship", "executive_review", "support", "community"])


def _corrected(fact: Fact) -> Fact:
    """The source thought again: one less for grades and counts, a tenth less for shares."""
    lower = fact.raw - 1 if fact.kind in _COUNTED and fact.raw >= 2 else (fact.raw * Decimal("0.9")).quantize(fact.raw)
    return replace(fact, raw=lower, revision=2)
