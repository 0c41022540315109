"""After any history, what changes runs have written is what one full run would write, and touches are the twin's."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.actions.merge import merge_duplicates, undo_merge
from accounts.errors import MergeCycle, NotThere
from accounts.models import (
    Account,
    Contact,
    ExchangeRate,
    MergeEvent,
    Opportunity,
    OpportunityContact,
    OpportunityStage,
)
from accounts.sync.unmerging import MergeTooOld
from advocacy.actions.activity import mark_duplicate_activity, restore_activity, withdraw_activity
from advocacy.actions.attribution import attribute_changes, finish_run, start_run
from advocacy.actions.encounter import restore_encounter, withdraw_encounter
from advocacy.actions.model import activate_model, define_model_version, retire_model
from advocacy.errors import DuplicateChain
from advocacy.models import Activity, AttributionDirty, AttributionModel, AttributionRun, Encounter, Touch
from clg.invariants import Depth, look_at_all
from tests.advocacy.attribution.matcher import Met, matched
from tests.advocacy.attribution.tenant import AT, act, day, deal, ledger, meet
from tests.factories.accounts import AccountFactory, ContactFactory, UserFactory
from tests.factories.advocacy import ChampionFactory

place = st.integers(0, 3)
moment = st.integers(-200, 160).map(day)
past = st.integers(-200, 140).map(day)
AMOUNTS = [None, "0", "-12.34", "1000.005", "77"]
DOMAINS = ["one.example", "two.example", "gmail.com", ""]


class History(RuleBasedStateMachine):
    """Four companies of one family tree, their people and deals, and everything that can happen to them."""

    @initialize()
    def begin(self) -> None:
        self.scope = transaction.atomic()
        self.scope.__enter__()
        self.at = AT
        self.editor: Any = UserFactory()
        self.accounts: list[Any] = [AccountFactory(domain=domain) for domain in DOMAINS]
        self.people: list[Any] = [
            ContactFactory(account=account, email=f"p@{DOMAINS[n] or 'three.example'}")
            for n, account in enumerate(self.accounts)
        ]
        self.champions = [ChampionFactory(contact=ContactFactory(account=account)) for account in self.accounts[:2]]
        self.champions.append(ChampionFactory())
        self.deals = [deal(account=account) for account in self.accounts]

    def teardown(self) -> None:
        if hasattr(self, "scope"):
            transaction.set_rollback(True)
            self.scope.__exit__(None, None, None)

    @rule(n=place, opened=moment, kind=st.sampled_from(["new_business", "renewal"]))
    def open_deal(self, n: int, opened: dt.datetime, kind: str) -> None:
        if len(self.deals) < 7:
            self.deals.append(deal(account=self.accounts[n], opened_at=opened, kind=kind))

    @rule(n=place, who=st.integers(0, 2), at=past, way=st.sampled_from(["deal", "person", "account", "domain"]))
    def meet_buyer(self, n: int, who: int, at: dt.datetime, way: str) -> None:
        ways: dict[str, dict[str, Any]] = {
            "deal": {"opportunity": self.deals[n]},
            "person": {"buyer_contact": self.people[n]},
            "account": {"buyer_account": self.accounts[n]},
            "domain": {"buyer_domain": "one.example"},
        }
        role = "sourced" if way == "deal" and who == 0 else "influenced"
        meet(activity=act(occurred_at=at, champion=self.champions[who]), occurred_at=at, role=role, **ways[way])

    @rule(n=st.integers(0, 9), back=st.booleans())
    def withdraw_or_restore_encounter(self, n: int, back: bool) -> None:
        for encounter in Encounter.objects.order_by("pk")[n : n + 1]:
            if back:
                restore_encounter(encounter=encounter, at=self.at)
            else:
                withdraw_encounter(encounter=encounter, reason="not us", at=self.at)

    @rule(n=st.integers(0, 9), back=st.booleans())
    def withdraw_or_restore_activity(self, n: int, back: bool) -> None:
        for activity in Activity.objects.order_by("pk")[n : n + 1]:
            if back:
                restore_activity(activity=activity, at=self.at)
            else:
                withdraw_activity(activity=activity, reason="not us", at=self.at)

    @rule(n=st.integers(0, 9), of=st.integers(0, 9))
    def mark_duplicate(self, n: int, of: int) -> None:
        acts = list(Activity.objects.order_by("pk"))
        if max(n, of) < len(acts):
            with suppress(DuplicateChain):
                mark_duplicate_activity(activity=acts[n], duplicate_of=acts[of], at=self.at)

    @rule(
        n=place,
        amount=st.sampled_from([None, "0", "-12.34", "1000.005", "77"]),
        currency=st.sampled_from(["USD", "EUR", "JPY"]),
    )
    def change_amount(self, n: int, amount: str | None, currency: str) -> None:
        self._change_deal(n, amount=amount and Decimal(amount), currency=currency)

    @rule(n=place, outcome=st.sampled_from(["won", "lost", "open"]), closed=moment)
    def close_or_reopen(self, n: int, outcome: str, closed: dt.datetime) -> None:
        self._change_deal(n, outcome=outcome, closed_at=None if outcome == "open" else closed)

    @rule(n=place, opened=moment, lead=moment)
    def move_dates(self, n: int, opened: dt.datetime, lead: dt.datetime) -> None:
        self._change_deal(n, opened_at=opened, lead_at=lead)

    @rule(n=place, gone=st.booleans())
    def delete_or_restore(self, n: int, gone: bool) -> None:
        self._change_deal(n, deleted_at=self.at if gone else None)

    def _change_deal(self, n: int, **fields: Any) -> None:
        Opportunity.objects.filter(pk=self.deals[n].pk).update(**fields)

    @rule(n=place, entered=moment)
    def enter_stage(self, n: int, entered: dt.datetime) -> None:
        OpportunityStage.objects.get_or_create(opportunity=self.deals[n], stage="proof", entered_at=entered)

    @rule(n=place, person=place)
    def give_or_take_role(self, n: int, person: int) -> None:
        roles = OpportunityContact.objects.filter(opportunity=self.deals[n], contact=self.people[person])
        if not roles.delete()[0]:
            OpportunityContact.objects.create(opportunity=self.deals[n], contact=self.people[person])

    @rule(person=place, to=place, email=st.sampled_from(["p@two.example", "q@gmail.com", ""]))
    def move_person(self, person: int, to: int, email: str) -> None:
        Contact.objects.filter(pk=self.people[person].pk).update(account=self.accounts[to], email=email)

    @rule(n=place, domain=st.sampled_from(DOMAINS))
    def change_domain(self, n: int, domain: str) -> None:
        Account.objects.filter(pk=self.accounts[n].pk).update(domain=domain)

    @rule(n=place, to=place)
    def change_parent(self, n: int, to: int) -> None:
        parent = None if n == to else self.accounts[to].pk
        Account.objects.filter(pk=self.accounts[n].pk).update(parent=parent)

    @rule(kind=st.sampled_from(["accounts", "people", "deals"]), n=place, into=place)
    def merge(self, kind: str, n: int, into: int) -> None:
        rows = getattr(self, kind)
        with suppress(MergeCycle, NotThere):
            merge_duplicates(winner=rows[into], losers=[rows[n]], at=self.at)

    @rule(n=place, into=place)
    def merge_champions(self, n: int, into: int) -> None:
        with suppress(MergeCycle, NotThere):
            champions: list[Any] = [self.champions[each % 3].contact for each in (n, into)]
            merge_duplicates(winner=champions[1], losers=champions[:1], at=self.at)

    @rule()
    def undo_last_merge(self) -> None:
        for event in MergeEvent.objects.standing().order_by("-pk")[:1]:
            with suppress(MergeTooOld):
                undo_merge(event=event, by=self.editor, at=self.at)

    @rule(on=st.integers(-200, 160), rate=st.sampled_from(["1.1", "0.9"]), currency=st.sampled_from(["EUR", "JPY"]))
    def record_rate(self, on: int, rate: str, currency: str) -> None:
        ExchangeRate.objects.create(currency=currency, on=day(on).date(), rate=Decimal(rate))

    @rule(key=st.sampled_from(["influenced-w", "influenced-stages", "influenced-u"]))
    def activate_or_retire(self, key: str) -> None:
        model = AttributionModel.objects.get(key=key)
        if model.is_active:
            retire_model(model=model, at=self.at)
        else:
            activate_model(model=model, at=self.at)

    @rule(anchor=st.sampled_from(["closed", "opened", "stage:proof"]), window=st.integers(1, 300))
    def change_rule(self, anchor: str, window: int) -> None:
        model = AttributionModel.objects.get(key="influenced-u")
        version = define_model_version(model=model, at=self.at, anchor=anchor, window_days=window)
        activate_model(model=model, version=version, at=self.at)

    @rule(days=st.integers(1, 40))
    def step_clock(self, days: int) -> None:
        self.at += dt.timedelta(days=days)

    @rule()
    def run_changes(self) -> None:
        attribute_changes(at=self.at)
        assert not AttributionDirty.objects.exists()

    @rule()
    def compare(self) -> None:
        self._compare()

    def _compare(self) -> None:
        attribute_changes(at=self.at)
        assert current_touches() == matched()
        touches, lines = set(Touch.objects.values_list("pk", "superseded_at")), ledger()
        full = start_run(kind="full", at=self.at)
        assert full is not None
        full = finish_run(run=full, at=self.at)
        assert set(Touch.objects.values_list("pk", "superseded_at")) == touches
        assert [row.sets_written for row in full.ranges.filter(sets_written__gt=0)] == []
        assert ledger() == lines
        report = look_at_all(at=self.at, only=["I1", "I2", "I3"], depth=Depth(is_deep=True))
        assert report["ok"], report
        assert attribute_changes(at=self.at) is None

    @invariant()
    def one_run_at_most(self) -> None:
        if hasattr(self, "scope"):
            assert AttributionRun.objects.filter(status="running").count() == 0


def current_touches() -> set[Met]:
    rows = Touch.objects.filter(superseded_at=None)
    return {Met(*row) for row in rows.values_list("encounter_id", "opportunity_id", "rung", "side", "void_reason")}


class Ended(History):
    """Every history is compared at its end."""

    def teardown(self) -> None:
        try:
            if hasattr(self, "scope"):
                self._compare()
        finally:
            super().teardown()


@pytest.mark.django_db
def test_changes_equal_full():
    run_state_machine_as_test(
        Ended,
        settings=settings(
            max_examples=4,
            stateful_step_count=10,
            phases=[Phase.explicit, Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )


@pytest.mark.nightly
@pytest.mark.django_db
def test_changes_equal_full_in_long_histories():
    run_state_machine_as_test(
        Ended,
        settings=settings(
            max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
