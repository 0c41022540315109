"""Corvane's own people: teams, one login a role, forty reps."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from accounts.choices import Role
from growth.demo import names
from growth.demo.seed import Seed

DOMAIN: Final = "corvane.example"
WEST, EAST, SUCCESS, MARKETING = "Americas", "Europe and Asia", "Customer success", "Customer marketing"
TEAMS: Final = (WEST, EAST, SUCCESS, MARKETING)
REPS: Final = 40
CSMS: Final = 10


@dataclass(frozen=True)
class Person:
    """`signs_in`: gets a password that the command prints; the others are names that own rows."""

    email: str
    name: str
    role: Role
    team: str = ""
    superior: str = ""
    time_zone: str = "UTC"
    signs_in: bool = False


# Who can sign in: the people of the five-minute tour.
LOGINS: Final = (
    Person(f"ada@{DOMAIN}", "Ada Lindqvist", Role.ADMINISTRATOR, signs_in=True),
    Person(f"maya@{DOMAIN}", "Maya Ferrand", Role.MARKETER, MARKETING, f"lena@{DOMAIN}", "America/New_York", True),
    Person(f"sam@{DOMAIN}", "Sam Okoro", Role.SALES, WEST, f"lena@{DOMAIN}", "America/Chicago", True),
    Person(f"olga@{DOMAIN}", "Olga Brandt", Role.SALES, EAST, f"lena@{DOMAIN}", "Europe/Berlin", True),
    Person(f"carl@{DOMAIN}", "Carl Nyman", Role.CSM, SUCCESS, f"lena@{DOMAIN}", "America/New_York", True),
    Person(f"dana@{DOMAIN}", "Dana Whitlock", Role.CSM, SUCCESS, f"lena@{DOMAIN}", "Europe/Dublin", True),
    Person(f"lena@{DOMAIN}", "Lena Castellan", Role.LEADER, time_zone="America/New_York", signs_in=True),
    Person(f"aldo@{DOMAIN}", "Aldo Greaves", Role.AUDITOR, signs_in=True),
)


def make_people(seed: Seed) -> list[Person]:
    """The logins, then the reps and CSMs who only own rows."""
    random = seed.stream("people")
    reps = [_colleague(random.choice, Role.SALES, WEST if n % 2 else EAST, n) for n in range(REPS - 2)]
    csms = [_colleague(random.choice, Role.CSM, SUCCESS, n) for n in range(CSMS - 2)]
    return [*LOGINS, *reps, *csms]


def _colleague(choice, role: Role, team: str, number: int) -> Person:  # type: ignore[no-untyped-def]
    first, last = choice(names.FIRST_NAMES["en"]), choice(names.LAST_NAMES["en"])
    return Person(f"{first}.{last}{number}@{DOMAIN}".lower(), f"{first} {last}", role, team, f"lena@{DOMAIN}")


def password_of(person: Person, seed: Seed, secret: str) -> str:
    """Four words and a number, the same at each call, unknown to who does not know the installation's secret."""
    digest = hmac.digest(secret.encode(), f"{seed.value}:{person.email}".encode(), hashlib.sha256)
    words = [names.PASSWORD_WORDS[byte % len(names.PASSWORD_WORDS)] for byte in digest[:4]]
    return "-".join([*words, str(int.from_bytes(digest[4:6]) % 9000 + 1000)])


def emails(people: list[Person], role: Role, team: str = "") -> list[str]:
    return [person.email for person in people if person.role is role and team in ("", person.team)]
