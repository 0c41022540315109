"""Every gate that fires for an ask, for many champions at once: two statements and what gifts allow.

The same rows that the ask door judges under its lock, so a list never promises what the door refuses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from django.db import connection

from advocacy.choices import Gate, Grantor, Use
from advocacy.effort.balances import balances, common_parameters
from advocacy.gates.public_sector import public_sector_limits
from advocacy.gates.sentences import sentence
from advocacy.grants.coverage import Coverage, Plan, coverage_of
from advocacy.prospects import Prospect

_PLACES: Final = {gate: place for place, gate in enumerate(Gate.values)}


@dataclass(frozen=True)
class Reward:
    """What the person would get for it: an amount in minor units of a currency, and of which kind."""

    amount_minor: int
    currency: str
    kind: str


@dataclass(frozen=True)
class FailingGate:
    """One reason that forbids the ask. `until` is the last day it holds, None where that is open."""

    code: str
    sentence: str
    until: dt.date | None
    overridable: bool


def gates_for(
    champion_ids: Collection[int],
    *,
    use: str,
    at: dt.datetime,
    prospect: Prospect | None = None,
    reward: Reward | None = None,
    plan: Plan | None = None,
    minutes: int | None = None,
) -> dict[int, list[FailingGate]]:
    """*All* failing gates by champion, in the order of `Gate`; an empty list: nothing forbids it."""
    day, plan = at.astimezone(dt.UTC).date(), plan or Plan()
    plan = replace(plan, minutes=minutes) if minutes is not None else plan
    covered = coverage_of(champion_ids, use=use, on=day, plan=plan, prospect=prospect)
    answer: dict[int, list[FailingGate]] = {pk: list(_keys(coverage)) for pk, coverage in covered.items()}
    for pk, gate in _facts(champion_ids, use, at, prospect, minutes):
        answer[pk].append(gate)
    for pk, why in public_sector_limits(champion_ids, use=use, at=at, reward=reward, covered=covered).items():
        answer[pk].append(_gate(Gate.PUBLIC_SECTOR_LIMIT, why, None, is_hard=True))
    for gates in answer.values():
        gates.sort(key=lambda gate: _PLACES[gate.code])
    return answer


def champion_is_eligible(
    champion_id: int,
    *,
    use: str,
    at: dt.datetime,
    prospect: Prospect | None = None,
    reward: Reward | None = None,
    plan: Plan | None = None,
    minutes: int | None = None,
) -> list[FailingGate]:
    """The failing gates of one champion; empty when the ask is allowed."""
    found = gates_for([champion_id], use=use, at=at, prospect=prospect, reward=reward, plan=plan, minutes=minutes)
    return found[champion_id]


def _keys(coverage: Coverage) -> Iterator[FailingGate]:
    missing = coverage.missing
    if Grantor.PERSON in missing:
        yield _gate(Gate.NO_PERSON_GRANT, "", None, is_hard=True)
    if Grantor.COMPANY in missing:
        yield _gate(Gate.NO_COMPANY_GRANT, "", None, is_hard=True)


def _facts(
    champion_ids: Collection[int], use: str, at: dt.datetime, prospect: Prospect | None, minutes: int | None
) -> Iterator[tuple[int, FailingGate]]:
    parameters = common_parameters(champion_ids, at) | {
        "use": str(Use(use)),
        "minutes": minutes,
        "prospect": prospect.account_id if prospect else None,
        "family": list(prospect.family) if prospect else [],
        "domains": list(prospect.domains) if prospect else [],
    }
    with connection.cursor() as cursor:
        cursor.execute(balances() + _sql(), parameters)
        for pk, code, until, is_hard, detail in cursor.fetchall():
            yield pk, _gate(code, detail, until, is_hard=bool(is_hard))


def _gate(code: str, detail: str, until: dt.date | None, *, is_hard: bool) -> FailingGate:
    return FailingGate(str(code), sentence(code, detail or "", until), until, not is_hard)


@cache
def _sql() -> str:
    return (Path(__file__).parent / "gates.sql").read_text()
