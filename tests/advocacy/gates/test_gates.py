"""Each gate inside, outside and on its edge day; the door names all that fail, in order. `readiness` section 5."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.choices import Lifecycle
from accounts.models import Account, Contact, Signal
from advocacy.choices import AskState, DeclineReason, Gate, LoggedOutcome, PausedBy, Standing, Use
from advocacy.gates import Reward, champion_is_eligible
from advocacy.models import BlackoutPeriod, Champion, EffortBudget, EffortEntry, GrantParty, UseRule
from advocacy.prospects import prospect_of
from tests.factories.accounts import AccountFactory, CustomerFactory
from tests.factories.advocacy import AskFactory, ChampionFactory, CompanyGrantFactory, GrantFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
TODAY = AT.date()


def days(number):
    return dt.timedelta(days=number)


@pytest.fixture
def champion():
    """Active, with both keys for a call and a fresh profile."""
    row = ChampionFactory(joined_at=AT - days(30))
    GrantFactory(champion=row)
    CompanyGrantFactory(account=row.account)
    return row


def change(row, **columns):
    type(row).objects.filter(pk=row.pk).update(**columns)


def found(champion, use=Use.CALL, at=AT, **more):
    return champion_is_eligible(champion.pk, use=use, at=at, **more)


def codes(champion, use=Use.CALL, at=AT, **more):
    return [gate.code for gate in found(champion, use, at, **more)]


def spend(ask, minutes, bucket="consumed", on=TODAY):
    EffortEntry.objects.create(
        ask=ask, champion=ask.champion, account=ask.account, bucket=bucket, minutes=minutes, effective_on=on, at=AT
    )


def ask_of(champion, **more):
    values = {"state": AskState.DONE, "sent_at": AT - days(40), "done_on": TODAY - days(40), "actual_minutes": 45}
    return AskFactory(champion=champion, **{**values, **more})


def observe(champion, kind, raw, age):
    Signal.objects.create(
        kind=kind, account=champion.account, raw=raw, value=0, observed_at=AT - days(age), source="test"
    )


def test_nothing_stands_in_the_way(champion):
    assert codes(champion) == []


# --- Standing -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("standing", "use", "fires"),
    [
        (Standing.ACTIVE, Use.SURVEY, False),
        (Standing.NOMINATED, Use.SURVEY, True),
        (Standing.INVITED, Use.SURVEY, True),
        (Standing.RETIRED, Use.SURVEY, True),
        (Standing.NOMINATED, Use.INVITATION, False),
        (Standing.INVITED, Use.INVITATION, False),
        (Standing.ACTIVE, Use.INVITATION, True),
        (Standing.RETIRED, Use.INVITATION, True),
    ],
)
def test_standing(champion, standing, use, fires):
    change(champion, standing=standing, standing_reason="inactive")

    assert (Gate.NOT_ACTIVE in codes(champion, use)) == fires


def test_paused_is_not_told_twice_and_their_own_pause_is_theirs(champion):
    change(champion, standing=Standing.PAUSED, paused_by=PausedBy.PERSON, paused_until=AT + days(3))
    (gate,) = found(champion)
    change(champion, paused_by=PausedBy.STAFF)
    (by_staff,) = found(champion)

    assert (gate.code, gate.overridable, gate.until) == (Gate.PAUSED, False, TODAY + days(3))
    assert by_staff.overridable


@pytest.mark.parametrize(("until", "fires"), [(AT + dt.timedelta(seconds=1), True), (AT, False), (AT - days(1), False)])
def test_resting_ends_at_its_moment(champion, until, fires):
    change(champion, standing=Standing.RESTING, rests_until=until)

    assert codes(champion) == ([Gate.RESTING] if fires else [])


@pytest.mark.parametrize(("left_on", "fires"), [(TODAY, True), (TODAY + days(1), False)])
def test_left_the_company(champion, left_on, fires):
    Contact.objects.filter(pk=champion.contact_id).update(left_on=left_on)

    assert (Gate.LEFT_COMPANY in codes(champion)) == fires


@pytest.mark.parametrize(("age", "fires"), [(365, False), (366, True)])
def test_profile_lapses_after_a_year(champion, age, fires):
    change(champion, joined_at=AT - days(900), confirmed_at=AT - days(age))

    assert (Gate.PROFILE_LAPSED in codes(champion)) == fires


# --- Keys -----------------------------------------------------------------------------------------------------
def test_both_keys_are_needed_and_told_apart(champion):
    champion.grants.all().delete()
    champion.account.grants.all().delete()

    assert codes(champion) == [Gate.NO_PERSON_GRANT, Gate.NO_COMPANY_GRANT]
    assert codes(champion, Use.REVIEW) == [Gate.NO_PERSON_GRANT]
    assert codes(champion, Use.LOGO) == [Gate.NO_COMPANY_GRANT]
    assert codes(champion, Use.SURVEY) == []


@pytest.mark.parametrize(
    ("first", "last", "fires"),
    [(TODAY, TODAY, False), (TODAY + days(1), None, True), (TODAY - days(9), TODAY - days(1), True)],
)
def test_a_key_holds_from_its_first_to_its_last_day(champion, first, last, fires):
    champion.grants.update(valid_from=first, valid_until=last)

    assert (Gate.NO_PERSON_GRANT in codes(champion)) == fires


# --- The account ----------------------------------------------------------------------------------------------
def test_newest_escalation_and_risk_hold_without_decay(champion):
    for kind, older, newer in (("escalation", 1, 0), ("risk", 2, 1)):
        observe(champion, kind, older, 900)
        assert len(codes(champion)) == 1
        observe(champion, kind, newer, 1)
        assert codes(champion) == []


def test_account_that_left_is_at_risk(champion):
    Account.objects.filter(pk=champion.account_id).update(lifecycle=Lifecycle.FORMER_CUSTOMER)

    assert codes(champion) == [Gate.ACCOUNT_AT_RISK]


@pytest.mark.parametrize(("renewal", "fires"), [(-31, False), (-30, True), (0, True), (60, True), (61, False)])
def test_renewal_window(champion, renewal, fires):
    Account.objects.filter(pk=champion.account_id).update(renewal_on=TODAY + days(renewal))

    assert (Gate.RENEWAL_WINDOW in codes(champion)) == fires


# --- The prospect ---------------------------------------------------------------------------------------------
def test_family_of_the_prospect_is_never_served(champion):
    top = AccountFactory()
    aunt = AccountFactory(parent=top)
    Account.objects.filter(pk=champion.account_id).update(parent=top)

    assert codes(champion, prospect=prospect_of(aunt)) == [Gate.PROSPECT_CONFLICT]
    assert codes(champion, prospect=prospect_of(AccountFactory())) == []


def test_competitors_and_never_to_lists_bar_a_prospect(champion):
    prospect = prospect_of(AccountFactory(domain="rival.example"))
    change(champion, competitors=["rival.example"])
    by_domain = codes(champion, prospect=prospect)
    change(champion, competitors=[])
    GrantParty.objects.create(grant=champion.grants.get(), account_id=prospect.account_id, role="never_to")

    assert by_domain == [Gate.PROSPECT_CONFLICT]
    # The key that excludes the prospect does not cover the ask either.
    assert codes(champion, prospect=prospect) == [Gate.NO_PERSON_GRANT, Gate.PROSPECT_CONFLICT]


# --- After a no -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reason", "asked", "last_day"),
    [
        (DeclineReason.TOO_BUSY, Use.CALL, 29),
        (DeclineReason.TOO_BUSY, Use.REVIEW, 29),
        (DeclineReason.NOT_THIS_USE, Use.CALL, 179),
        (DeclineReason.NOT_THIS_USE, Use.REVIEW, 29),
        (DeclineReason.OTHER, Use.CALL, 179),
        (DeclineReason.UNHAPPY, Use.REVIEW, 179),
    ],
)
def test_no_holds_by_its_reason(champion, reason, asked, last_day):
    GrantFactory(champion=champion, use=Use.REVIEW)
    ask_of(champion, state=AskState.DECLINED, decline_reason=reason, sent_at=AT - days(200), answered_at=AT)
    until = dt.datetime.combine(TODAY, dt.time(23), tzinfo=dt.UTC)

    (gate,) = found(champion, asked, until + days(last_day))
    assert (gate.code, gate.until) == (Gate.DECLINED_RECENTLY, TODAY + days(last_day))
    assert codes(champion, asked, until + days(last_day + 1)) == []


def test_no_to_one_prospect_is_no_to_that_one(champion):
    one, other = AccountFactory(), AccountFactory()
    no = {"decline_reason": DeclineReason.NOT_THIS_PROSPECT, "answered_at": AT, "sent_at": AT - days(100)}
    ask_of(champion, state=AskState.DECLINED, prospect=one, **no)

    assert codes(champion, at=AT + days(300), prospect=prospect_of(one)) == [Gate.DECLINED_RECENTLY]
    assert codes(champion, at=AT + days(300), prospect=prospect_of(other)) == []


def test_company_policy_holds_until_a_newer_key(champion):
    no = {"decline_reason": DeclineReason.COMPANY_POLICY, "answered_at": AT - days(100), "sent_at": AT - days(101)}
    ask_of(champion, state=AskState.DECLINED, **no)
    before = codes(champion)
    CompanyGrantFactory(account=champion.account, decided_at=AT - days(1))

    assert (before, codes(champion)) == ([Gate.DECLINED_RECENTLY], [])


@pytest.mark.parametrize(("until", "fires"), [(TODAY + days(1), True), (TODAY, False)])
def test_later_holds_until_its_day(champion, until, fires):
    ask_of(champion, state=AskState.LATER, later_until=until, sent_at=AT - days(100), answered_at=AT - days(99))

    assert (Gate.DECLINED_RECENTLY in codes(champion)) == fires


def test_no_that_was_heard_outside_counts(champion):
    log = {"state": AskState.LOGGED, "channel": "phone", "outcome": LoggedOutcome.DECLINED, "sent_at": None}
    ask_of(champion, use=Use.SURVEY, asked_on=TODAY - days(29), **log)

    assert codes(champion) == [Gate.DECLINED_RECENTLY]
    assert codes(champion, at=AT + days(1)) == []


# --- Caps and budgets -----------------------------------------------------------------------------------------
def test_open_ask_waits_for_its_end(champion):
    ask_of(champion, state=AskState.SENT, use=Use.SURVEY, sent_at=AT - days(100), done_on=None, actual_minutes=None)

    assert codes(champion) == [Gate.ASK_PENDING]


@pytest.mark.parametrize(("age", "fires"), [(89, True), (90, False)])
def test_cap_of_the_use_counts_ninety_days(champion, age, fires):
    ask_of(champion, sent_at=AT - days(10))
    ask_of(champion, sent_at=AT - days(age))

    gates = {gate.code: gate.until for gate in found(champion)}
    assert gates == ({Gate.CAP_USE: TODAY - days(age) + days(89)} if fires else {})


def test_withdrawn_before_it_was_sent_does_not_count(champion):
    for _ in range(3):
        ask_of(champion, state=AskState.WITHDRAWN, sent_at=None, reserved_at=AT - days(2))

    assert codes(champion) == []


def test_cap_of_all_leaves_out_invitations_and_requests_for_grants(champion):
    for use in (Use.INVITATION, Use.GRANT_REQUEST, Use.SURVEY, Use.REVIEW):
        ask_of(champion, use=use, sent_at=AT - days(5))
    two = codes(champion)
    ask_of(champion, use=Use.SOCIAL, sent_at=AT - days(5))

    assert (two, codes(champion)) == ([], [Gate.CAP_ALL])


@pytest.mark.parametrize(("used", "fires"), [(75, False), (76, True)])
def test_budget_of_the_person(champion, used, fires):
    spend(ask_of(champion, use=Use.SURVEY), used)

    assert codes(champion) == ([Gate.BUDGET_PERSON] if fires else [])


def test_minutes_come_free_on_the_ninetieth_day(champion):
    spend(ask_of(champion, use=Use.SURVEY), 100, on=TODAY - days(89))

    assert codes(champion) == [Gate.BUDGET_PERSON]
    assert codes(champion, at=AT + days(1)) == []


def test_budget_of_the_account_counts_colleagues(champion):
    for _ in range(4):
        colleague = ChampionFactory(contact__account=champion.account)
        spend(ask_of(colleague), 64, bucket="reserved")

    assert codes(champion) == [Gate.BUDGET_ACCOUNT]


def test_narrowest_budget_wins_as_a_whole_and_the_own_limit_only_lowers(champion):
    EffortBudget.objects.create(scope="account", account=champion.account, person_minutes=20, valid_from=TODAY)
    assert codes(champion) == [Gate.BUDGET_PERSON]
    EffortBudget.objects.create(scope="champion", champion=champion, person_minutes=240, valid_from=TODAY)
    assert codes(champion) == []
    change(champion, own_minutes_limit=44)
    assert codes(champion) == [Gate.BUDGET_PERSON]
    change(champion, own_minutes_limit=480)
    assert codes(champion, minutes=241) == [Gate.BUDGET_PERSON]


# --- Blackouts ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moment", "fires"),
    [
        ("2026-12-23T14:59:59", False),
        ("2026-12-23T15:00:00", True),
        ("2026-12-26T14:59:59", True),
        ("2026-12-26T15:00:00", False),
    ],
)
def test_blackout_follows_the_local_date(champion, moment, fires):
    change(champion, time_zone="Asia/Tokyo", confirmed_at=AT)
    BlackoutPeriod.objects.create(
        scope="tenant", first_day=dt.date(2026, 12, 24), last_day=dt.date(2026, 12, 26), reason="Year end"
    )

    assert (Gate.BLACKOUT in codes(champion, at=dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC))) == fires


def test_own_blackout_is_hard_and_others_do_not_bind(champion):
    period = {"first_day": TODAY, "last_day": TODAY + days(2), "reason": "Leave"}
    BlackoutPeriod.objects.create(scope="champion", champion=ChampionFactory(), **period)
    BlackoutPeriod.objects.create(scope="country", country="FR", **period)
    BlackoutPeriod.objects.create(scope="account", account=CustomerFactory(), **period)
    none = codes(champion)
    BlackoutPeriod.objects.create(scope="champion", champion=champion, by_person=True, **period)

    (gate,) = found(champion)
    assert none == []
    assert (gate.code, gate.overridable, gate.until) == (Gate.BLACKOUT, False, TODAY + days(2))


# --- Public sector --------------------------------------------------------------------------------------------
def make_public(champion, country="US"):
    Account.objects.filter(pk=champion.account_id).update(industry="Public administration", country=country)


@pytest.mark.parametrize(("amount", "country", "fires"), [(2000, "US", False), (2001, "US", True), (1, "DE", True)])
def test_gift_to_a_public_body_has_its_limit(champion, amount, country, fires):
    make_public(champion, country)

    assert (Gate.PUBLIC_SECTOR_LIMIT in codes(champion, reward=Reward(amount, "USD", "item"))) == fires


def test_publicity_of_a_public_body_needs_an_official_key(champion):
    make_public(champion)
    GrantFactory(champion=champion, use=Use.QUOTE)
    key = CompanyGrantFactory(account=champion.account, use=Use.QUOTE, signer_authority="management")
    without = codes(champion, Use.QUOTE)
    change(key, signer_authority="communications")

    assert (without, codes(champion, Use.QUOTE)) == ([Gate.PUBLIC_SECTOR_LIMIT], [])


def test_review_never_carries_a_reward(champion):
    GrantFactory(champion=champion, use=Use.REVIEW)

    assert codes(champion, Use.REVIEW, reward=Reward(100, "USD", "gift_card")) == [Gate.PUBLIC_SECTOR_LIMIT]


# --- All at once ----------------------------------------------------------------------------------------------
def test_all_gates_are_told_in_order(champion):
    champion.grants.all().delete()
    change(champion, standing=Standing.RETIRED, standing_reason="inactive", confirmed_at=AT - days(400))
    Contact.objects.filter(pk=champion.contact_id).update(left_on=TODAY)
    Account.objects.filter(pk=champion.account_id).update(renewal_on=TODAY)
    observe(champion, "escalation", 1, 1)

    gates = found(champion)
    assert [gate.code for gate in gates] == [
        Gate.NOT_ACTIVE,
        Gate.LEFT_COMPANY,
        Gate.NO_PERSON_GRANT,
        Gate.ESCALATION_OPEN,
        Gate.RENEWAL_WINDOW,
        Gate.PROFILE_LAPSED,
    ]
    assert all(gate.sentence.endswith(".") for gate in gates)


def test_every_use_has_its_rule():
    assert set(UseRule.objects.values_list("use", flat=True)) == set(Use.values)
    assert list(Champion.objects.all()) == []
