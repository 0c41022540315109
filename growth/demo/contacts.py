"""People at the accounts: 1,800 at customers, a few buyers at each prospect."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from growth.demo import names
from growth.demo.companies import Company
from growth.demo.seed import Seed

AT_CUSTOMERS: Final = 1800
PER_PROSPECT: Final = 1.8
LEFT_SHARE: Final = 0.22  # in a year and a half: 15 % of contacts move a year
_SEGMENT_PULL: Final = {"Enterprise": 3.2, "Mid-market": 1.5, "Small business": 0.7}


@dataclass(frozen=True)
class Person:
    """A contact. `account_key` is empty for somebody whose company nobody noted."""

    key: str
    account_key: str
    first_name: str
    last_name: str
    email: str
    title: str
    seniority: str
    persona: str
    country: str
    language: str
    phone: str = ""
    left_on: dt.date | None = None
    successor_key: str = ""


def make_contacts(seed: Seed, companies: Sequence[Company]) -> list[Person]:
    """At least one a customer, more at large ones; then the prospects' buyers; then the odd rows."""
    random = seed.stream("contacts")
    customers = [company for company in companies if company.is_customer]
    prospects = [company for company in companies if not company.is_customer and not company.is_holding]
    homes = customers[: seed.count(AT_CUSTOMERS)]
    pulls = [_SEGMENT_PULL[company.segment] for company in customers]
    homes += random.choices(customers, pulls, k=max(0, seed.count(AT_CUSTOMERS) - len(homes)))
    homes += prospects + random.choices(prospects, k=int(len(prospects) * (PER_PROSPECT - 1)))
    taken: set[str] = set()
    people = [_person(seed, random, taken, number, home) for number, home in enumerate(homes)]
    return _with_odd_rows(_with_leavers(seed, random, people))


def _person(seed: Seed, random: Random, taken: set[str], number: int, home: Company) -> Person:
    language = home.language if random.random() < 0.8 else "en"
    first, last = random.choice(names.FIRST_NAMES[language]), random.choice(names.LAST_NAMES[language])
    persona, seniority, title, _ = random.choices(names.JOBS, [row[3] for row in names.JOBS])[0]
    unsure = random.random()
    return Person(
        key=seed.key("con", number + 1),
        account_key=home.key,
        first_name=first,
        last_name=last,
        email="" if unsure < 0.04 else _address(taken, first, last, home),
        title="" if 0.04 <= unsure < 0.09 else title,
        seniority="unknown" if 0.04 <= unsure < 0.09 else seniority,
        persona="" if 0.09 <= unsure < 0.13 else persona,
        country=home.country,
        language=language,
        phone=f"+1 555 01{random.randrange(100):02d}" if home.country == "US" and random.random() < 0.3 else "",
    )


def _address(taken: set[str], first: str, last: str, home: Company) -> str:
    """`first.last@domain`, with a number when two people of one name share a company."""
    domain = home.domain or f"{home.key}.example"
    stem = _ascii(f"{first}.{last}")
    address, number = f"{stem}@{domain}", 1
    while address in taken:
        number += 1
        address = f"{stem}{number}@{domain}"
    taken.add(address)
    return address


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return plain.replace(" ", "").replace("-", "").replace("'", "")


def _with_leavers(seed: Seed, random: Random, people: list[Person]) -> list[Person]:
    """Some have left, half of them with a named successor at the same company."""
    colleagues: dict[str, list[int]] = {}
    for index, person in enumerate(people):
        colleagues.setdefault(person.account_key, []).append(index)
    for index, person in enumerate(people):
        if random.random() < LEFT_SHARE:
            others = [other for other in colleagues[person.account_key] if other != index]
            heir = people[random.choice(others)].key if others and random.random() < 0.5 else ""
            people[index] = replace(person, left_on=seed.day(random.randrange(3, 540)), successor_key=heir)
    return people


def _with_odd_rows(people: list[Person]) -> list[Person]:
    """Longest name, right-to-left name, only an address, no company."""
    rtl_first, rtl_last = names.RIGHT_TO_LEFT_PERSON
    long_first, long_last = names.LONG_PERSON
    odd = {
        1: {"first_name": long_first, "last_name": long_last, "left_on": None},
        2: {"first_name": rtl_first, "last_name": rtl_last, "language": "ar", "left_on": None},
        7: {"first_name": "", "last_name": "", "title": "", "seniority": "unknown"},
        len(people) - 1: {"account_key": "", "title": ""},
    }
    for index, fields in odd.items():
        if index < len(people):
            people[index] = replace(people[index], **fields)  # type: ignore[arg-type]
    return people
