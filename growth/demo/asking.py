"""Keys and asks of the last year: who allowed what, who was asked, what came of it, in the shares of a real pool."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from advocacy.choices import (
    AskChannel,
    DeclineReason,
    Grantor,
    Identity,
    LoggedOutcome,
    ProofKind,
    SignerAuthority,
    Use,
)
from growth.demo.champions import Advocate
from growth.demo.seed import Seed, pick

# Of the active champions so many have given keys; of their companies so many.
PERSONS_WITH_KEYS: Final = 120
COMPANIES_WITH_KEYS: Final = 70
ASKED: Final = 60
LOGGED: Final = 12
_PERSON_USES: Final = (Use.REVIEW, Use.CALL, Use.REFERRAL, Use.QUOTE)
_COMPANY_USES: Final = (Use.CALL, Use.LOGO, Use.QUOTE)
_ASKED_FOR: Final = ((Use.CALL, 45), (Use.REVIEW, 25), (Use.REFERRAL, 20), (Use.QUOTE, 10))
_ENDS: Final = (
    ("done", 52), ("accepted", 6), ("sent", 8), ("declined", 14), ("later", 7), ("expired", 8), ("withdrawn", 5),
)  # fmt: skip


@dataclass(frozen=True)
class Key:
    """A permission: whose (a champion, or the champion's company), for what, since and until when."""

    champion_key: str
    grantor: Grantor
    use: Use
    identity: Identity
    at: dt.datetime
    until: dt.date | None
    proof: ProofKind
    authority: str


@dataclass(frozen=True)
class Asked:
    """An ask through the door and how it ended; `reason` passes over a gate that can be passed."""

    champion_key: str
    use: Use
    at: dt.datetime
    need: str
    end: str
    decline: DeclineReason
    actual_minutes: int
    reason: str


@dataclass(frozen=True)
class LoggedAsk:
    """An ask made outside, written down later."""

    champion_key: str
    use: Use
    channel: AskChannel
    asked_on: dt.date
    outcome: LoggedOutcome
    at: dt.datetime


def make_keys(seed: Seed, pool: Sequence[Advocate]) -> list[Key]:
    """Each champion's keys since they joined; a company's key once, by way of its first champion."""
    random = seed.stream("keys")
    active = [advocate for advocate in pool if advocate.way == "active" and advocate.joined_at]
    persons = active[: seed.count(PERSONS_WITH_KEYS)]
    keys = [key for advocate in persons for key in _person_keys(seed, random, advocate)]
    first = {advocate.account_key: advocate for advocate in reversed(active)}
    companies = sorted(first.values(), key=lambda advocate: advocate.rank)[: seed.count(COMPANIES_WITH_KEYS)]
    return keys + [key for advocate in companies for key in _company_keys(seed, random, advocate)]


def _person_keys(seed: Seed, random: Random, advocate: Advocate) -> Iterator[Key]:
    assert advocate.joined_at is not None  # noqa: S101 - only members give keys
    for use in _PERSON_USES[: random.randint(1, len(_PERSON_USES))]:
        identity = pick(random, ((Identity.FULL, 60), (Identity.NAME_TITLE, 25), (Identity.COMPANY_ONLY, 15)))
        until = seed.day(-random.randrange(10, 400)) if random.random() < 0.4 else None
        yield Key(advocate.key, Grantor.PERSON, use, identity, advocate.joined_at, until, ProofKind.PORTAL, "")


def _company_keys(seed: Seed, random: Random, advocate: Advocate) -> Iterator[Key]:
    assert advocate.joined_at is not None  # noqa: S101 - only members give keys
    for use in _COMPANY_USES[: random.randint(1, len(_COMPANY_USES))]:
        proof = pick(random, ((ProofKind.SIGNED_FORM, 50), (ProofKind.CONTRACT_CLAUSE, 30), (ProofKind.EMAIL, 20)))
        authority = random.choice([SignerAuthority.LEGAL, SignerAuthority.COMMUNICATIONS, SignerAuthority.MANAGEMENT])
        until = seed.day(-random.randrange(5, 500)) if random.random() < 0.5 else None
        at = advocate.joined_at
        yield Key(advocate.key, Grantor.COMPANY, use, Identity.FULL, at, until, proof, authority.value)


def make_asks(seed: Seed, pool: Sequence[Advocate]) -> list[Asked]:
    """Asks of the last year, oldest first; whoever ranks high is asked more, which the door then refuses."""
    random = seed.stream("asks")
    active = [advocate for advocate in pool if advocate.way == "active" and advocate.joined_at]
    asks = []
    for _ in range(seed.count(ASKED)):
        advocate = active[min(int(random.expovariate(1 / (0.15 * len(active)))), len(active) - 1)]
        end = pick(random, _ENDS)
        ago = random.randrange(1, 12) if end in ("accepted", "sent") else random.randrange(20, 360)
        asks.append(
            Asked(
                champion_key=advocate.key,
                use=pick(random, _ASKED_FOR),
                at=seed.moment(random, ago),
                need=random.choice(_NEEDS),
                end=end,
                decline=random.choice(list(DeclineReason)),
                actual_minutes=random.choice((20, 30, 45, 50)),
                reason="They offered it themselves on the last call." if random.random() < 0.15 else "",
            )
        )
    return sorted(asks, key=lambda ask: ask.at)


_NEEDS: Final = (
    "A prospect of the same size wants to hear how the roll-out went.",
    "The buyer asks who already runs this in production.",
    "Their head of operations wants a peer to talk to before signing.",
    "We would like your view in public.",
)


def make_logged(seed: Seed, pool: Sequence[Advocate]) -> list[LoggedAsk]:
    """Asks that somebody made by direct message or on the phone, in the last weeks."""
    random = seed.stream("logged asks")
    active = [advocate for advocate in pool if advocate.way == "active"]
    return [
        LoggedAsk(
            champion_key=random.choice(active).key,
            use=pick(random, _ASKED_FOR),
            channel=random.choice(list(AskChannel)),
            asked_on=seed.day(random.randrange(2, 80)),
            outcome=random.choice(list(LoggedOutcome)),
            at=seed.at - dt.timedelta(hours=2),
        )
        for _ in range(seed.count(LOGGED))
    ]
