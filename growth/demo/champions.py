"""The pool: 210 active champions at 150 accounts, some on their way in, some resting, paused or gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from accounts.choices import Role
from advocacy.choices import ChampionSource, Channel, PausedBy, ReachVia
from growth.demo import names
from growth.demo import people as ours
from growth.demo.companies import Company
from growth.demo.contacts import Person
from growth.demo.seed import Seed, pick

ACTIVE_ACCOUNTS: Final = 150
# Way through the standings and how many take it; the first 210 are active today.
WAYS: Final = (
    ("active", 210), ("resting", 8), ("nominated", 36), ("invited", 24), ("paused_person", 11), ("paused_staff", 7),
    ("retired_left", 8), ("retired_inactive", 4), ("retired_asked", 3), ("rejected", 4), ("declined", 3),
)  # fmt: skip
_BEFORE_JOINING: Final = frozenset(["nominated", "invited", "rejected", "declined"])


@dataclass(frozen=True)
class Move:
    """One step of the standing table. `by`: a user's address, `person` or `system`."""

    action: str
    at: dt.datetime
    by: str
    reason: str = ""
    until: dt.datetime | None = None
    paused_by: str = ""


@dataclass(frozen=True)
class Advocate:
    """A champion to be: who, how it went, what they prefer. `rank` 0 is asked most."""

    key: str
    contact_key: str
    account_key: str
    rank: int
    way: str
    source: ChampionSource
    text: str
    moves: tuple[Move, ...]
    confirmed_at: dt.datetime | None
    language: str
    time_zone: str
    channel: Channel
    reach_via: ReachVia
    products: tuple[str, ...]
    use_cases: tuple[str, ...]
    competitor_replaced: str
    topics_glad: str
    topics_avoid: str
    notice_days: int
    own_minutes_limit: int | None

    @property
    def joined_at(self) -> dt.datetime | None:
        return next((move.at for move in self.moves if move.action == "join"), None)

    @property
    def gone_at(self) -> dt.datetime | None:
        return next((move.at for move in self.moves if move.action == "retire"), None)


def make_champions(
    seed: Seed, people: Sequence[ours.Person], companies: Sequence[Company], contacts: Sequence[Person]
) -> list[Advocate]:
    """Advocates in order of rank within their way; warm customers first, one to four at an account."""
    random = seed.stream("champions")
    home = {company.key: company for company in companies}
    marketers = ours.emails(list(people), Role.MARKETER)
    ways = [way for way, count in WAYS for _ in range(seed.count(count))]
    chosen = _choose(seed, random, home, contacts, ways)
    nominators = ours.emails(list(people), Role.CSM) + ours.emails(list(people), Role.SALES)[:12]
    return [
        _advocate(seed, random, home[person.account_key], person, way, rank, random.choice(nominators), marketers[0])
        for rank, (way, person) in enumerate(zip(ways, chosen, strict=False))
    ]


def _choose(
    seed: Seed, random: Random, home: dict[str, Company], contacts: Sequence[Person], ways: Sequence[str]
) -> list[Person]:
    """A contact for each way: the active ones share 150 warm accounts, leavers are people who left."""
    eligible = [c for c in contacts if c.account_key in home and home[c.account_key].is_customer and c.last_name]
    staying = [person for person in eligible if person.left_on is None and person.email]
    left = [person for person in eligible if person.left_on is not None]
    by_account: dict[str, list[Person]] = {}
    for person in staying:
        by_account.setdefault(person.account_key, []).append(person)
    warmest = sorted(by_account, key=lambda key: -(home[key].warmth + random.gauss(0, 0.3)))
    homes = warmest[: seed.count(ACTIVE_ACCOUNTS)]
    pool = [people.pop(0) for people in (by_account[key] for key in homes)]
    spare = [person for key in homes for person in by_account.pop(key)]
    random.shuffle(spare)
    others = [person for people in by_account.values() for person in people]
    random.shuffle(others)
    active = [*pool, *spare]
    rest = iter([*others, *active[ways.count("active") :]])
    active = active[: ways.count("active")]
    random.shuffle(active)
    takers = {"active": iter(active), "retired_left": iter(left)}
    drawn = (next(takers.get(way, rest), None) for way in ways)
    return [person for person in drawn if person is not None]


def _advocate(
    seed: Seed, random: Random, company: Company, person: Person, way: str, rank: int, nominator: str, marketer: str
) -> Advocate:
    moves = _moves(seed, random, way, rank, person, nominator, marketer)
    last = (seed.at - moves[-1].at).days
    fresh = way not in _BEFORE_JOINING and random.random() < 0.6
    return Advocate(
        key=seed.key("cha", rank + 1),
        contact_key=person.key,
        account_key=company.key,
        rank=rank,
        way=way,
        source=pick(random, ((ChampionSource.NOMINATION, 75), (ChampionSource.SIGNAL, 20), (ChampionSource.SELF, 5))),
        text=random.choice(names.NOMINATION_TEXTS),
        moves=moves,
        confirmed_at=seed.moment(random, random.randrange(1, min(300, last))) if fresh and last > 2 else None,
        language=person.language,
        time_zone=_ZONES.get(company.country, "UTC"),
        channel=pick(random, ((Channel.EMAIL, 70), (Channel.PHONE, 18), (Channel.CHAT, 12))),
        reach_via=pick(random, ((ReachVia.DIRECT, 72), (ReachVia.THROUGH_CSM, 28))),
        products=tuple(sorted(random.sample([name for name, _, _ in names.PRODUCTS], random.randint(1, 3)))),
        use_cases=tuple(sorted(random.sample(names.USE_CASES, random.randint(0, 3)))),
        competitor_replaced=random.choice(names.COMPETITORS) if random.random() < 0.35 else "",
        topics_glad="roll-out, numbers before and after" if random.random() < 0.4 else "",
        topics_avoid=pick(random, (("", 70), ("price", 20), ("our internal reorganization", 10))),
        notice_days=pick(random, ((0, 60), (2, 20), (5, 20))),
        own_minutes_limit=pick(random, ((None, 75), (60, 12), (120, 9), (0, 4))),
    )


_ZONES: Final = {
    "US": "America/New_York", "CA": "America/Toronto", "DE": "Europe/Berlin", "FR": "Europe/Paris",
    "NL": "Europe/Amsterdam", "ES": "Europe/Madrid", "IE": "Europe/Dublin", "JP": "Asia/Tokyo",
    "SG": "Asia/Singapore", "KW": "Asia/Kuwait",
}  # fmt: skip


def _moves(
    seed: Seed, random: Random, way: str, rank: int, person: Person, nominator: str, marketer: str
) -> tuple[Move, ...]:
    """The steps of one way, oldest first. Who ranks high came early: they carried the first year."""
    if way == "nominated":
        return (Move("nominate", seed.moment(random, random.randrange(0, 24)), nominator),)
    if way == "invited":
        nominated = random.randrange(12, 40)
        invite = Move("invite", seed.moment(random, random.randrange(1, 11)), marketer)
        return (Move("nominate", seed.moment(random, nominated), nominator), invite)
    if way == "rejected":
        nominated = random.randrange(40, 400)
        why = random.choice(("relationship_weak", "open_problem", "not_needed"))
        reject = Move("reject", seed.moment(random, nominated - random.randrange(2, 9)), marketer, why)
        return (Move("nominate", seed.moment(random, nominated), nominator), reject)
    entry = _entry(seed, random, _nominated_ago(seed, random, way, rank, person), nominator, marketer)
    if way == "declined":
        decline = Move("decline", entry[2].at, "person", "declined_invitation")
        return (*entry[:2], decline)
    return (*entry, *_after_joining(seed, random, way, person, entry[2].at, marketer))


def _nominated_ago(seed: Seed, random: Random, way: str, rank: int, person: Person) -> int:
    if way == "retired_left" and person.left_on is not None:
        return (seed.at.date() - person.left_on).days + random.randrange(120, 420)
    if way != "active":
        return random.randrange(200, 700)
    return random.randrange(560, 760) if rank < seed.count(84) else random.randrange(35, 520)


def _entry(seed: Seed, random: Random, nominated: int, nominator: str, marketer: str) -> tuple[Move, Move, Move]:
    invited = nominated - random.randrange(1, 9)
    joined = invited - random.randrange(1, 20)
    return (
        Move("nominate", seed.moment(random, nominated), nominator),
        Move("invite", seed.moment(random, invited), marketer),
        Move("join", seed.moment(random, joined), "person"),
    )


def _after_joining(
    seed: Seed, random: Random, way: str, person: Person, joined_at: dt.datetime, marketer: str
) -> tuple[Move, ...]:
    recent = min(seed.days_since(joined_at) - 1, 45)
    at = seed.moment(random, random.randrange(1, recent))
    ahead = seed.at + dt.timedelta(days=random.randrange(3, 60))
    match way:
        case "resting":
            return (Move("rest", at, "system", until=ahead),)
        case "paused_person":
            until = ahead if random.random() < 0.6 else None
            return (Move("pause", at, "person", until=until, paused_by=PausedBy.PERSON),)
        case "paused_staff":
            return (Move("pause", at, marketer, until=ahead, paused_by=PausedBy.STAFF),)
        case "retired_left":
            return (Move("retire", seed.moment(random, _left_ago(seed, person)), "system", "left_company"),)
        case "retired_inactive":
            return (Move("retire", at, marketer, "inactive"),)
        case "retired_asked":
            return (Move("retire", at, "person", "asked_to_leave"),)
        case _:
            return ()


def _left_ago(seed: Seed, person: Person) -> int:
    assert person.left_on is not None  # noqa: S101 - only leavers take this way
    return max(0, (seed.at.date() - person.left_on).days - 1)
