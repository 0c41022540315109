"""Many at once is the same as one by one, in a number of statements that does not grow."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Contact, Opportunity, OpportunityContact
from advocacy.actions import recording
from advocacy.actions.activity import ActivityItem, record_activities, record_activity
from advocacy.actions.champion import nominate_champion
from advocacy.actions.encounter import EncounterItem, record_encounter, record_encounters
from advocacy.actions.recording import refuse_future
from advocacy.errors import NotACustomerContact
from advocacy.models import Activity, AttributionDirty, Champion, ChampionEvent, Encounter, Touch
from clg.errors import DomainError
from clg.models import OutboxEvent
from tests.advocacy.attribution.tenant import AT, act, day, deal, meet
from tests.factories.accounts import AccountFactory, ContactFactory, CustomerFactory
from tests.factories.advocacy import ActivityFactory, ChampionFactory

pytestmark = pytest.mark.django_db
LATER = AT + dt.timedelta(days=1)


class World:
    """Two acts with a meeting each, three deals of a family of companies, people inside and outside the pool."""

    def __init__(self) -> None:
        parent = AccountFactory(domain="parent.example")
        buyer = AccountFactory(domain="buyer.example", parent=parent)
        self.deals = [deal(account=buyer), deal(account=buyer, closed_at=day(40), outcome="won"), deal(account=parent)]
        self.buyers = [ContactFactory(account=buyer), ContactFactory(account=None, email="x@buyer.example")]
        OpportunityContact.objects.create(opportunity=self.deals[0], contact_id=self.buyers[0].pk)
        self.accounts = [buyer, parent]
        self.champions = [ChampionFactory(), ChampionFactory(contact=ContactFactory(account=parent), account=parent)]
        outside = [ContactFactory(account=CustomerFactory()), ContactFactory(account=CustomerFactory())]
        self.people = [self.champions[0].contact, *outside, ContactFactory(account=buyer)]
        self.acts = [act(n, champion=self.champions[0], source_ref=f"a{n}") for n in (1, 2)]
        for n, one in enumerate(self.acts):
            meet(5, activity=one, source_ref=f"e{n}", buyer_contact=self.buyers[0])

    def activity(self, ref: str, who: int, kind: str, at: dt.datetime) -> ActivityItem:
        """`who`: 0 and 1 a champion, from 2 on a person."""
        author = {"champion_id": self.champions[who].pk} if who < 2 else {"contact_id": self.people[who - 2].pk}
        return ActivityItem(kind, "Call", at, "test", ref, **author)

    def encounter(
        self, ref: str, act_no: int, role: str, rung: int | None, buyer: tuple[str, Any], at: dt.datetime
    ) -> EncounterItem:
        named = {
            "deal": lambda n: {"opportunity_id": self.deals[n].pk},
            "contact": lambda n: {"buyer_contact_id": self.buyers[n].pk},
            "account": lambda n: {"buyer_account_id": self.accounts[n].pk},
            "domain": lambda name: {"buyer_domain": name},
        }[buyer[0]](buyer[1])
        return EncounterItem(self.acts[act_no].pk, "conversation", at, "test", ref, role=role, given_rung=rung, **named)


@pytest.fixture
def world() -> World:
    return World()


moments = st.sampled_from([day(3), day(3), day(50), LATER])
activities = st.lists(
    st.tuples(
        st.sampled_from(["a1", "a2", "a3", "a4", "a5"]),
        st.integers(0, 5),
        st.sampled_from(["reference_call", "quote"]),
        moments,
    ),
    max_size=5,
    unique_by=lambda row: row[0],
)
buyers = st.one_of(
    st.tuples(st.just("deal"), st.integers(0, 2)),
    st.tuples(st.just("contact"), st.integers(0, 1)),
    st.tuples(st.just("account"), st.integers(0, 1)),
    st.tuples(st.just("domain"), st.sampled_from(["Buyer.Example. ", "gmail.com", "", "parent.example"])),
)
encounters = st.lists(
    st.tuples(
        st.sampled_from(["e0", "e1", "e2", "e3", "e4", "e5"]),
        st.integers(0, 1),
        st.sampled_from(["influenced", "influenced", "sourced"]),
        st.sampled_from([None, None, 2]),
        buyers,
        moments,
    ),
    max_size=6,
    unique_by=lambda row: row[0],
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=activities, met=encounters, then=activities)
def test_many_at_once_is_one_by_one(world, first, met, then):
    steps: list[tuple[str, list[Any]]] = [
        ("acts", [world.activity(*row) for row in first]),
        ("meetings", [world.encounter(*row) for row in met]),
        ("acts", [world.activity(*row) for row in then]),
    ]

    assert _after(steps, _all_at_once) == _after(steps, _one_by_one)


Answers = list[tuple[str, str]]


def _after(steps: list[tuple[str, list[Any]]], take: Callable[[str, Sequence[Any]], Answers]) -> tuple[Any, ...]:
    """Answers and everything stored, rolled back again."""
    with transaction.atomic():
        answers = [take(noun, items) for noun, items in steps]
        stored = _stored()
        transaction.set_rollback(True)
    return answers, *stored


def _all_at_once(noun: str, items: Sequence[Any]) -> Answers:
    results = record_activities(items=items, at=AT) if noun == "acts" else record_encounters(items=items, at=AT)
    return [
        (result.row.source_ref if result.row else "", result.error.code if result.error else "") for result in results
    ]


def _one_by_one(noun: str, items: Sequence[Any]) -> Answers:
    answers = []
    for item in items:
        try:
            with transaction.atomic():
                row: Any = _act(item) if noun == "acts" else _meeting(item)
            answers.append((row.source_ref, ""))
        except DomainError as error:
            answers.append(("", error.code))
    return answers


def _act(item: ActivityItem) -> Activity:
    refuse_future(item.occurred_at, at=AT)
    author = {"pk": item.champion_id} if item.champion_id else {"contact_id": item.contact_id}
    champion = Champion.objects.filter(**author).first() or nominate_champion(
        contact=Contact.objects.get(pk=item.contact_id or 0), why="Named as the author of an activity", by=None, at=AT
    )
    return record_activity(
        champion=champion,
        kind=item.kind,
        title=item.title,
        occurred_at=item.occurred_at,
        source=item.source,
        source_ref=item.source_ref,
        at=AT,
    )


def _meeting(item: EncounterItem) -> Encounter:
    opportunity, contact, account = item.opportunity_id or 0, item.buyer_contact_id or 0, item.buyer_account_id or 0
    return record_encounter(
        activity=Activity.objects.get(pk=item.activity_id),
        kind=item.kind,
        occurred_at=item.occurred_at,
        source=item.source,
        source_ref=item.source_ref,
        role=item.role,
        given_rung=item.given_rung,
        buyer_domain=item.buyer_domain,
        opportunity=Opportunity.objects.filter(pk=opportunity).first(),
        buyer_contact=Contact.objects.filter(pk=contact).first(),
        buyer_account=Account.objects.filter(pk=account).first(),
        at=AT,
    )


def _stored() -> tuple[Any, ...]:
    """Rows by their names, histories as multisets; keys and moments of writing left out."""
    names = {
        **dict(Activity.objects.values_list("public_id", "source_ref")),
        **dict(Encounter.objects.values_list("public_id", "source_ref")),
        **dict(Champion.objects.values_list("public_id", "contact_id")),
    }
    acts = Activity.objects.values_list(
        "source_ref", "champion__contact", "account", "kind", "title", "occurred_at", "evidence"
    )
    meetings = Encounter.objects.values_list(
        "source_ref", "activity__source_ref", "opportunity", "given_rung", "buyer_contact", "buyer_account",
        "buyer_domain", "occurred_at", "role", "named_by",
    )  # fmt: skip
    touches = Touch.objects.values_list(
        "encounter__source_ref", "opportunity", "activity_kind", "champion__contact", "occurred_at", "role", "rung",
        "side", "void_reason",
    )  # fmt: skip
    marks = AttributionDirty.objects.exclude(opportunity_id=None).values_list("opportunity_id", "cause")
    moves = ChampionEvent.objects.values_list("champion__contact", "action", "to_standing", "actor", "at")
    events = [(row.type, names.get(row.object_id), sorted(row.refs.items())) for row in OutboxEvent.objects.all()]
    return (
        sorted(map(repr, acts)),
        sorted(map(repr, meetings)),
        Counter(touches),
        Counter(touches.filter(superseded_at=None)),
        set(marks),
        Counter(moves),
        Counter(map(repr, events)),
    )


def _statements(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_statements_do_not_grow(world):
    few, many = _costs(world, 3), _costs(world, 60)

    assert few == many
    assert max(many) <= 30


def _costs(world: World, count: int) -> list[int]:
    """Statements for that many new acts, for as many that change and meet buyers, and for their meetings."""
    people = [ContactFactory(account=CustomerFactory()) for _ in range(count)]
    news = [world.activity(f"{count}new{n}", 0, "quote", day(4)) for n in range(count)]
    outside = [ActivityItem("quote", "", day(4), "test", f"out{p.pk}", contact_id=p.pk) for p in people]
    acts = record_activities(items=[world.activity(f"{count}old{n}", 0, "quote", day(4)) for n in range(count)], at=AT)
    meetings = [
        EncounterItem(act.stored().pk, "content", day(6), "test", f"m{act.stored().pk}", buyer_domain="buyer.example")
        for act in acts
    ]
    met = _statements(lambda: record_encounters(items=meetings, at=AT))
    changed = [world.activity(f"{count}old{n}", 1, "quote", day(4)) for n in range(count)]
    return [met, _statements(lambda: record_activities(items=[*news, *outside, *changed], at=AT))]


def test_bad_items_are_told_and_good_ones_stored(world):
    before = Activity.objects.count()

    good, future, stranger, once, again = record_activities(
        items=[
            world.activity("good", 0, "quote", day(3)),
            world.activity("future", 3, "quote", LATER),
            world.activity("stranger", 5, "quote", day(3)),
            world.activity("twice", 0, "quote", day(3)),
            world.activity("twice", 0, "quote", day(4)),
        ],
        at=AT,
    )

    assert good.outcome == "created"
    assert [result.error.code for result in (future, stranger, once, again)] == [
        "in_the_future",
        "not_a_customer_contact",
        "duplicate_in_request",
        "duplicate_in_request",
    ]
    assert Activity.objects.count() == before + 1
    assert not Champion.objects.filter(contact=world.people[1]).exists()
    with pytest.raises(NotACustomerContact):
        stranger.stored()


def test_one_person_with_many_acts_is_nominated_once(world):
    person = world.people[1]
    items = [ActivityItem("quote", "", day(n), "test", f"p{n}", contact_id=person.pk) for n in range(3)]

    results = record_activities(items=items, at=AT, why="Spoke at our fair")

    champion = Champion.objects.get(contact=person)
    assert {result.stored().champion_id for result in results} == {champion.pk}
    assert (champion.standing, champion.nomination_text) == ("nominated", "Spoke at our fair")
    assert OutboxEvent.objects.filter(type="champion.nominated", object_id=champion.public_id).count() == 1
    assert champion.events.get().action == "nominate"


def test_a_name_given_outside_stays(world):
    ours = uuid.uuid4()
    item = replace(world.activity("named", 0, "quote", day(3)), public_id=ours)

    row = record_activities(items=[item], at=AT)[0].stored()

    assert row.public_id == ours
    assert Activity.objects.get(source_ref="named").public_id == ours


def test_a_rival_who_is_faster_wins_the_name(world, monkeypatch):
    """Between our look and our insert somebody else records the same name."""
    look, looks = recording._locked, []

    def _look_then_rival(model, names):
        found = look(model, names)
        if not looks:
            looks.append(names)
            ActivityFactory(source="test", source_ref="contested", title="Theirs", champion=world.champions[1])
        return found

    monkeypatch.setattr(recording, "_locked", _look_then_rival)

    result = record_activities(items=[world.activity("contested", 0, "quote", day(3))], at=AT)[0]

    assert result.outcome == "updated"
    assert Activity.objects.get(source_ref="contested").title == "Call"
    assert result.stored().account_id == world.champions[1].account_id
