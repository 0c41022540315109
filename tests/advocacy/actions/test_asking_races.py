"""Sixty-four at the door at once: no budget is passed, nobody waits for ever, one answer wins. `readiness` 14."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from advocacy.actions.answering import accept_ask, complete_ask, decline_ask, send_ask, withdraw_ask
from advocacy.actions.ask import reserve_ask
from advocacy.choices import AskState, DeclineReason, Use
from advocacy.errors import AskNotInState, AskRefused
from advocacy.models import Ask, EffortBudget, EffortEntry, UseRule
from advocacy.readiness.standing import Advocate
from tests.factories.advocacy import ChampionFactory, CompanyGrantFactory, GrantFactory

pytestmark = pytest.mark.django_db(transaction=True)
DOORS = 64


def at_once(jobs, workers=16):
    """Run the jobs behind one barrier, `workers` at a time; what each returned."""
    barrier = Barrier(min(workers, len(jobs)))
    parts = [jobs[number::workers] for number in range(min(workers, len(jobs)))]

    def run(part):
        barrier.wait()
        try:
            return [job() for job in part]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(parts)) as pool:
        return [result for results in pool.map(run, parts) for result in results]


def willing(account=None):
    row = ChampionFactory(**({"contact__account": account} if account else {}), joined_at=timezone.now())
    GrantFactory(champion=row)
    return row


@pytest.fixture
def no_caps(db):
    UseRule.objects.filter(use=Use.CALL).update(cap=1000)
    EffortBudget.objects.update(max_asks=None, max_open_asks=None)


def try_to_reserve(champion):
    try:
        return reserve_ask(champion=champion, use=Use.CALL, by=None, at=timezone.now())
    except AskRefused:
        return None


def reserved_minutes():
    return EffortEntry.objects.aggregate(sum=Sum("minutes"))["sum"] or 0


def test_budget_of_a_person_holds(no_caps):
    champion = willing()
    CompanyGrantFactory(account=champion.account)

    asks = at_once([lambda: try_to_reserve(champion)] * DOORS)

    assert (sum(ask is not None for ask in asks), reserved_minutes()) == (2, 90)


def test_budget_of_an_account_holds(no_caps):
    first = willing()
    CompanyGrantFactory(account=first.account)
    champions = [first, *(willing(first.account) for _ in range(DOORS - 1))]

    asks = at_once([lambda champion=champion: try_to_reserve(champion) for champion in champions])

    assert (sum(ask is not None for ask in asks), reserved_minutes()) == (6, 270)


def test_mixed_moves_over_two_accounts_never_pass_a_budget_or_lock_up(no_caps, marketer):
    champions = [willing(), willing()]
    for champion in champions:
        CompanyGrantFactory(account=champion.account)
    draw = random.Random(7)

    def turn():
        ask = try_to_reserve(draw.choice(champions))
        if ask is None:
            return held_per_champion()
        if draw.random() < 0.5:
            withdraw_ask(ask=ask, by=None, at=timezone.now())
        else:
            now = timezone.now()
            ask = accept_ask(ask=send_ask(ask=ask, by=None, at=now), by=Advocate("link:9"), at=now)
            complete_ask(ask=ask, actual_minutes=30, done_on=now.date(), by=marketer, at=now)
        return held_per_champion()

    seen = at_once([turn] * 48, workers=8)

    assert max(most for most in seen) <= 120
    assert not Ask.objects.filter(state=AskState.RESERVED).exists()


def held_per_champion():
    sums = EffortEntry.objects.values("champion").annotate(sum=Sum("minutes")).values_list("sum", flat=True)
    return max(sums, default=0)


def test_accept_against_decline_has_one_winner(no_caps):
    champion = willing()
    CompanyGrantFactory(account=champion.account)
    ask = send_ask(ask=try_to_reserve(champion), by=None, at=timezone.now())

    def accept():
        return answer(lambda: accept_ask(ask=ask, by=Advocate("link:9"), at=timezone.now()))

    def decline():
        return answer(
            lambda: decline_ask(ask=ask, reason=DeclineReason.OTHER, by=Advocate("link:9"), at=timezone.now())
        )

    results = at_once([accept, decline] * 8)

    ask.refresh_from_db()
    assert ask.state in (AskState.ACCEPTED, AskState.DECLINED)
    assert set(results) == {ask.state, "refused"}
    assert reserved_minutes() == (45 if ask.state == AskState.ACCEPTED else 0)


def answer(move):
    try:
        return move().state
    except AskNotInState:
        return "refused"
