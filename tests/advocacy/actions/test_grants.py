"""Giving, superseding, withdrawing and expiring grants, with all that stands on them. `readiness` section 8."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.choices import Lifecycle
from accounts.models import Account
from advocacy.actions.ask import reserve_ask
from advocacy.actions.grant import (
    Proof,
    give_grant,
    propose_grant,
    refuse_grant,
    send_grant,
    withdraw_grant,
)
from advocacy.actions.grant_expiry import announce_grant_expiry, expire_grants
from advocacy.actions.takedown import Place, chase_takedowns, close_takedown, use_grant
from advocacy.choices import AskState, GrantState, Use
from advocacy.effort import capacity_of
from advocacy.errors import (
    GrantNotInState,
    GrantorMissing,
    GrantProofNeeded,
    LimitsMissing,
    NotCovered,
    TakedownProof,
)
from advocacy.grants.lifecycle import MOVES
from advocacy.grants.terms import Terms
from advocacy.models import Grant, GrantEvent, TakedownTask
from advocacy.readiness.standing import Advocate
from clg.errors import InvalidInput, NotAllowed
from clg.models import OutboxEvent
from tests.factories.accounts import AccountFactory
from tests.factories.advocacy import AskFactory, ChampionFactory, CompanyGrantFactory, GrantFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)  # a Monday
TODAY = AT.date()
PERSON = Advocate("link:9")
PORTAL, EMAIL = Proof("portal"), Proof("email", text="Yes, happy to.")


@pytest.fixture
def champion():
    return ChampionFactory(joined_at=AT)


def propose(by=None, use=Use.REVIEW, **more):
    terms = Terms(**{"valid_from": TODAY, **more.pop("terms", {})})
    return propose_grant(use=use, terms=terms, by=by, at=AT, **more)


def told():
    return list(OutboxEvent.objects.filter(type__startswith="grant.").order_by("id").values_list("type", flat=True))


# --- Giving -----------------------------------------------------------------------------------------------------
def test_road_of_a_grant_is_kept_event_by_event(champion, marketer):
    grant = propose(by=marketer, champion=champion)
    grant = send_grant(grant=grant, by=marketer, at=AT)
    assert grant.state == GrantState.PENDING_PERSON
    grant = give_grant(grant=grant, by=PERSON, at=AT, proof=PORTAL)

    events = list(grant.events.values_list("sequence", "event", "from_state", "to_state", "actor"))
    assert events == [
        (1, "propose", "", "proposed", f"user:{marketer.pk}"),
        (2, "send", "proposed", "pending_person", f"user:{marketer.pk}"),
        (3, "grant", "pending_person", "granted", "link:9"),
    ]
    assert len(set(grant.events.values_list("fields_sha256", flat=True))) == 3
    assert told() == ["grant.granted"]


def test_newer_grant_of_the_same_scope_supersedes(champion, marketer):
    first = give_grant(grant=propose(by=marketer, champion=champion), by=marketer, at=AT, proof=EMAIL)
    other = propose(by=marketer, champion=champion, terms={"regions": ["EMEA"]})
    other = give_grant(grant=other, by=marketer, at=AT, proof=EMAIL, with_limits=True)
    second = give_grant(grant=propose(by=marketer, champion=champion), by=marketer, at=AT, proof=EMAIL)

    states = {grant.pk: grant.state for grant in Grant.objects.all()}
    assert states == {first.pk: "superseded", other.pk: "granted_with_limits", second.pk: "granted"}
    assert second.supersedes == first


def test_staff_need_proof_and_a_link_is_the_persons(champion, marketer):
    for proof in (PORTAL, Proof("")):
        with pytest.raises(GrantProofNeeded):
            give_grant(grant=propose(by=marketer, champion=champion), by=marketer, at=AT, proof=proof)


def test_limits_are_named(champion, marketer):
    with pytest.raises(LimitsMissing):
        give_grant(grant=propose(by=marketer, champion=champion), by=marketer, at=AT, proof=EMAIL, with_limits=True)


def test_exactly_one_grantor(champion):
    with pytest.raises(GrantorMissing):
        propose(champion=champion, account=champion.account)
    with pytest.raises(GrantorMissing):
        propose()


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"valid_until": TODAY - dt.timedelta(days=1)}, "/valid_until"),
        ({"audiences": ["everyone"]}, "/audiences"),
        ({"identity": "famous"}, "/identity"),
        ({"cap_count": 0}, "/cap_count"),
    ],
)
def test_terms_are_checked(champion, terms, field):
    with pytest.raises(InvalidInput) as refused:
        propose(champion=champion, terms=terms)

    assert [error.pointer for error in refused.value.errors] == [field]
    assert not Grant.objects.exists()


def test_who_keeps_grants(champion, marketer, csm, seller):
    with pytest.raises(NotAllowed):
        propose(by=seller, champion=champion)
    with pytest.raises(NotAllowed):
        propose(by=csm, champion=champion)
    with pytest.raises(NotAllowed):
        propose(by=csm, account=champion.account)
    champion.account.csm = csm
    champion.account.save(update_fields=["csm"])

    assert propose(by=csm, champion=champion).recorded_by == csm


ACTS = {
    "send": lambda grant: send_grant(grant=grant, by=None, at=AT),
    "grant": lambda grant: give_grant(grant=grant, by=PERSON, at=AT, proof=PORTAL),
    "refuse": lambda grant: refuse_grant(grant=grant, by=PERSON, at=AT, reason="No"),
    "withdraw": lambda grant: withdraw_grant(grant=grant, by=PERSON, at=AT),
}


@pytest.mark.parametrize("event", ACTS)
@pytest.mark.parametrize("state", GrantState.values)
def test_every_pair_of_state_and_event(champion, marketer, state, event):
    grant = GrantFactory(champion=champion, state=state)
    act = ACTS[event] if event != "send" else lambda grant: send_grant(grant=grant, by=marketer, at=AT)

    if any(row.event == event and state in row.sources for row in MOVES):
        assert act(grant).state != state
    else:
        with pytest.raises(GrantNotInState) as refused:
            act(grant)
        assert refused.value.data == {"state": state}
        assert not GrantEvent.objects.filter(grant=grant).exists()


# --- Ending -----------------------------------------------------------------------------------------------------
def published(champion, marketer, *channels):
    grant = give_grant(grant=propose(by=marketer, champion=champion), by=marketer, at=AT, proof=EMAIL)
    for channel in channels:
        use_grant(grant=grant, place=Place(f"On {channel}", channel), by=marketer, at=AT)
    return grant


def test_withdrawal_names_every_place_and_ends_asks(champion, marketer):
    grant = published(champion, marketer, "website", "sales_deck", "press")
    ask = reserve_ask(champion=champion, use=Use.REVIEW, by=marketer, at=AT)
    withdraw_grant(grant=grant, by=PERSON, at=AT)

    due = dict(TakedownTask.objects.values_list("grant_use__channel", "due_on"))
    assert due == {
        "website": TODAY + dt.timedelta(days=7),
        "press": TODAY + dt.timedelta(days=7),
        "sales_deck": TODAY + dt.timedelta(days=1),
    }
    ask.refresh_from_db()
    assert (ask.state, ask.closed_reason) == (AskState.WITHDRAWN, "grant_ended")
    assert capacity_of([champion.pk], at=AT)[champion.pk].minutes_left == 120


def test_ask_stays_while_another_grant_covers_it(champion, marketer):
    grant = published(champion, marketer)
    give_grant(
        grant=propose(by=marketer, champion=champion, terms={"languages": ["en"]}),
        by=marketer,
        at=AT,
        proof=EMAIL,
        with_limits=True,
    )
    ask = reserve_ask(champion=champion, use=Use.REVIEW, by=marketer, at=AT)
    withdraw_grant(grant=grant, by=PERSON, at=AT)

    ask.refresh_from_db()
    assert ask.state == AskState.RESERVED


def test_ask_ends_when_the_other_grant_never_serves_its_prospect(champion, marketer):
    grant, prospect = published(champion, marketer), AccountFactory()
    other = propose(by=marketer, champion=champion, terms={"never_to_accounts": [prospect.pk]})
    give_grant(grant=other, by=marketer, at=AT, proof=EMAIL, with_limits=True)
    # The newer grant has superseded the open one; here both must stand.
    Grant.objects.filter(pk=grant.pk).update(state=GrantState.GRANTED)
    ask = AskFactory(champion=champion, use=Use.REVIEW, state=AskState.RESERVED, minutes=20, prospect=prospect)
    withdraw_grant(grant=grant, by=PERSON, at=AT)

    ask.refresh_from_db()
    assert (ask.state, ask.closed_reason) == (AskState.WITHDRAWN, "grant_ended")


@pytest.mark.parametrize(("last", "ends"), [(TODAY, False), (TODAY - dt.timedelta(days=1), True)])
def test_grant_ends_after_its_last_day_once(champion, last, ends):
    grant = GrantFactory(champion=champion, valid_until=last)

    assert [expire_grants(at=AT), expire_grants(at=AT)] == [int(ends), 0]
    grant.refresh_from_db()
    assert (grant.state == GrantState.EXPIRED) == ends


def test_grant_that_hangs_on_the_account_ends_at_churn(champion):
    own = GrantFactory(champion=champion, ends_at_churn=True)
    company = CompanyGrantFactory(account=champion.account, ends_at_churn=True)
    stays = GrantFactory(champion=champion, use=Use.REVIEW)
    assert expire_grants(at=AT) == 0
    Account.objects.filter(pk=champion.account_id).update(lifecycle=Lifecycle.FORMER_CUSTOMER)

    assert expire_grants(at=AT) == 2
    assert dict(Grant.objects.values_list("pk", "state")) == {
        own.pk: "expired",
        company.pk: "expired",
        stays.pk: "granted",
    }


@pytest.mark.parametrize(
    ("days", "told_at", "skipped"),
    [(61, [], []), (60, [60], []), (30, [30], [60]), (5, [7], [60, 30]), (0, [7], [60, 30])],
)
def test_notice_is_the_smallest_that_is_due(champion, days, told_at, skipped):
    grant = GrantFactory(champion=champion, valid_until=TODAY + dt.timedelta(days=days))

    assert [announce_grant_expiry(at=AT), announce_grant_expiry(at=AT)] == [len(told_at), 0]
    assert list(grant.notices.filter(is_skipped=False).values_list("days", flat=True)) == told_at
    assert list(grant.notices.filter(is_skipped=True).values_list("days", flat=True)) == skipped


def test_after_forty_days_without_the_job_one_notice_goes_out(champion):
    grant = GrantFactory(champion=champion, valid_until=TODAY + dt.timedelta(days=60))
    announce_grant_expiry(at=AT)
    late = AT + dt.timedelta(days=40)

    assert announce_grant_expiry(at=late) == 1
    assert dict(grant.notices.values_list("days", "is_skipped")) == {60: False, 30: False}
    assert told() == ["grant.expiring", "grant.expiring"]


# --- Places of use ----------------------------------------------------------------------------------------------
def test_nothing_is_published_uncovered(champion, marketer):
    grant = GrantFactory(champion=champion, use=Use.REVIEW, channels=["website"])
    quote = GrantFactory(champion=champion, use=Use.QUOTE)

    for one, channel in ((grant, "press"), (quote, "website")):
        with pytest.raises(NotCovered):
            use_grant(grant=one, place=Place("Somewhere", channel), by=marketer, at=AT)
    CompanyGrantFactory(account=champion.account, use=Use.QUOTE)
    assert use_grant(grant=quote, place=Place("Home page", "website"), by=marketer, at=AT).since == TODAY
    withdraw_grant(grant=grant, by=PERSON, at=AT)
    with pytest.raises(NotCovered):
        use_grant(grant=grant, place=Place("Home page", "website"), by=marketer, at=AT)


def test_takedown_closes_with_proof_once_and_escalates_when_late(champion, marketer):
    grant = published(champion, marketer, "website")
    withdraw_grant(grant=grant, by=PERSON, at=AT)
    task = TakedownTask.objects.get()
    late = AT + dt.timedelta(days=8)

    assert [chase_takedowns(at=AT), chase_takedowns(at=late), chase_takedowns(at=late)] == [0, 1, 0]
    with pytest.raises(TakedownProof):
        close_takedown(task=task, by=marketer, at=late)
    close_takedown(task=task, by=marketer, at=late, note="Gone from the page")
    close_takedown(task=task, by=marketer, at=late + dt.timedelta(days=1), note="Again")
    task.refresh_from_db()
    assert (task.closed_at, task.note, task.grant_use.removed_at) == (late, "Gone from the page", late)
