"""Activities and encounters pushed over HTTP: by a clock a field, withdrawn and restored, refused one by one."""

from __future__ import annotations

import datetime as dt
import json
import random
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Contact, ExternalIdentity, Opportunity
from advocacy.actions.activity import withdraw_activity
from advocacy.actions.telling import tell_records
from advocacy.models import Activity, Champion, Encounter, RecordKey, Touch
from advocacy.records.forms import ACTIVITY_FORM
from clg.models import OutboxEvent
from tests.factories.accounts import ContactFactory, CustomerFactory, IdentityFactory, OpportunityFactory

pytestmark = pytest.mark.django_db
AHEAD = "2999-01-01T00:00:00Z"


@pytest.fixture
def ana(crm):
    contact = ContactFactory(account=CustomerFactory())
    IdentityFactory(source=crm, object_type="contact", external_id="ANA", account=None, contact=contact)
    return contact


@pytest.fixture
def client(caller, ana):
    return caller("activities:write")


def clock(second):
    return f"2026-01-01T00:00:{second:02d}Z"


def activity(name="a", second=1, relations=None, **more):
    fields = {"kind": "reference_call", "title": "Call", "occurred_at": "2026-01-05T10:00:00Z"}
    by = {"champion_contact": {"external_id": "ANA"}} if relations is None else relations
    return {"external_id": name, "source_updated_at": clock(second), "fields": fields, "relations": by, **more}


def by(key, author):
    return activity("x", relations={"champion_contact": {key: author}})


def encounter(name="e", second=1, fields=None, **relations):
    met = {"kind": "conversation", "occurred_at": "2026-01-06T10:00:00Z"} if fields is None else fields
    named = {"activity": {"external_id": "a"}, **relations}
    return {"external_id": name, "source_updated_at": clock(second), "fields": met, "relations": named}


def change(name="a", second=2, op="upsert", **fields):
    return {"external_id": name, "source_updated_at": clock(second), "op": op, "fields": fields}


def push(caller, noun, *items, **more):
    body = json.dumps({"items": items, **more})
    return caller.post(f"/api/v1/{noun}/bulk-upsert", body, content_type="application/json")


def outcomes(answer):
    return [result["outcome"] for result in answer.json()["results"]]


def test_activity_is_recorded_once_and_nominates_its_champion(client, ana):
    answer = push(client, "activities", activity(trace_id="t"))

    act = Activity.objects.get()
    assert answer.status_code == 207
    assert answer.json()["results"] == [
        {
            "index": 0, "trace_id": "t", "external_id": "a", "id": act.name_outside, "status": 201,
            "outcome": "created", "version": 1, "complete": True, "ignored_fields": [], "stale_fields": [],
            "applied_fields": ["champion_contact", "kind", "occurred_at", "title"], "errors": [],
        }
    ]  # fmt: skip
    assert (act.source, act.source_ref, act.champion.contact) == ("crm:crm", "a", ana)
    assert Champion.objects.get().standing == "nominated"
    assert outcomes(push(client, "activities", activity())) == ["unchanged"]
    assert Activity.objects.get().version == 1


def test_each_field_goes_by_its_own_clock(client):
    push(client, "activities", activity())

    newer = push(client, "activities", change(second=5, title="Long call")).json()["results"][0]
    partly = push(client, "activities", change(second=3, title="Old", kind="site_visit")).json()["results"][0]
    older = push(client, "activities", change(second=2, title="Older")).json()["results"][0]

    assert [newer["outcome"], newer["applied_fields"], newer["version"]] == ["updated", ["title"], 2]
    assert [partly[key] for key in ("outcome", "applied_fields", "stale_fields")] == ["updated", ["kind"], ["title"]]
    assert [older["outcome"], older["stale_fields"]] == ["stale", ["title"]]
    assert Activity.objects.values_list("kind", "title", "version").get() == ("site_visit", "Long call", 3)


def test_delete_withdraws_and_a_newer_item_restores(client):
    push(client, "activities", activity())

    told = [
        outcomes(push(client, "activities", change(second=second, op=op)))[0]
        for second, op in [(4, "delete"), (4, "delete"), (5, "delete"), (3, "restore"), (6, "restore"), (6, "delete")]
    ]

    assert told == ["deleted", "unchanged", "unchanged", "unchanged", "restored", "deleted"]
    assert Activity.objects.get().withdrawn_reason == "deleted by its source"
    assert outcomes(push(client, "activities", change(second=7, title="Again"))) == ["restored"]
    assert Activity.objects.values_list("withdrawn_at", "title").get() == (None, "Again")


def test_what_a_person_withdrew_stays_so_whatever_the_source_repeats(client):
    push(client, "activities", activity())
    withdraw_activity(activity=Activity.objects.get(), reason="not us", at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC))

    push(client, "activities", activity(second=9))

    assert Activity.objects.get().withdrawn_reason == "not us"


def test_delete_of_an_unknown_id_is_remembered(client):
    assert outcomes(push(client, "activities", change(second=5, op="delete"))) == ["deleted"]

    late = push(client, "activities", activity(second=4)).json()["results"][0]

    assert late["outcome"] == "stale"
    assert Activity.objects.get().is_withdrawn
    assert outcomes(push(client, "activities", change(second=6, op="restore"))) == ["restored"]
    assert not Activity.objects.get().is_withdrawn


def test_any_order_and_any_repetition_ends_in_the_same_records(crm, ana):
    """Items of four activities in many orders: the first of each id comes whole, as a record needs what it is."""
    chance = random.Random(7)
    at = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    ends = set()
    items = [random_change(chance, f"n{n % 4}") for n in range(24)]
    for turn in range(8):
        wipe()
        tell_records(source=crm, form=ACTIVITY_FORM, raw_items=[activity(f"n{n}") for n in range(4)], at=at)
        for item in chance.sample(items, len(items)) + items[: 5 * (turn % 2)]:
            tell_records(source=crm, form=ACTIVITY_FORM, raw_items=[item], at=at)
        ends.add(state())

    assert len(ends) == 1


def random_change(chance, name):
    op = chance.choice(["upsert", "upsert", "upsert", "delete", "restore"])
    fields = {"title": chance.choice("ABC"), "kind": chance.choice(["quote", "review"])}
    name_of_one = chance.choice(list(fields))
    return change(name, chance.randrange(2, 7), op=op, **{name_of_one: fields[name_of_one]})


def wipe():
    for model in (Activity, RecordKey):
        model.objects.all().delete()


def state():
    rows = Activity.objects.order_by("source_ref").values_list("source_ref", "kind", "title", "withdrawn_reason")
    keys = RecordKey.objects.order_by("external_id").values_list("external_id", "is_deleted", "clocks")
    return tuple(rows), tuple((name, is_deleted, *clocks) for name, is_deleted, clocks in keys)


def test_encounter_meets_a_deal_that_comes_later(client, caller):
    push(client, "activities", activity())

    met = push(client, "encounters", encounter(opportunity={"external_id": "D"}, buyer_contact={"external_id": "B"}))

    assert outcomes(met) == ["created"]
    assert Opportunity.objects.get().complete is False
    assert Contact.objects.exclude(identities__external_id="ANA").get().complete is False
    assert {i.external_id for i in ExternalIdentity.objects.all()} == {"ANA", "B", "D"}
    deal = {"external_id": "D", "source_updated_at": clock(3), "fields": {"opened_at": "2026-01-03"}}
    push(caller("opportunities:write"), "opportunities", deal)
    assert Encounter.objects.get().opportunity == Opportunity.objects.get()


def test_encounter_is_matched_at_once_and_follows_what_it_is_told(client, crm):
    push(client, "activities", activity())
    deal = OpportunityFactory(opened_at=dt.datetime(2026, 1, 10, tzinfo=dt.UTC))
    named = {"opportunity": {"id": deal.name_outside}}

    push(
        client,
        "encounters",
        encounter(fields={**encounter()["fields"], "weight_hint": "2.5", "role": "sourced"}, **named),
    )

    touch = Touch.objects.get(superseded_at=None)
    assert (touch.opportunity, touch.role, touch.weight_hint) == (deal, "sourced", Decimal("2.5"))
    item = {**encounter(second=2, fields={"weight_hint": None, "role": None}), "relations": {}}
    assert outcomes(push(client, "encounters", item)) == ["updated"]
    again = Touch.objects.get(superseded_at=None)
    assert (again.role, again.weight_hint) == ("influenced", 1)
    assert outcomes(push(client, "encounters", change("e", 3, op="delete"))) == ["deleted"]
    assert Touch.objects.get(superseded_at=None).void_reason == "withdrawn"


def test_merged_ids_lead_to_the_winner(client, crm):
    push(client, "activities", activity())
    winner = CustomerFactory()
    name = IdentityFactory(source=crm, external_id="W", account=winner)
    IdentityFactory(source=crm, external_id="L", state="merged", account=None, canonical=name)

    push(client, "encounters", encounter(buyer_account={"external_id": "L"}))

    assert Encounter.objects.get().buyer_account == winner
    assert Account.objects.count() == 2


def test_repeats_are_marked_also_of_acts_of_the_same_call(client):
    repeat = activity("b", relations={"champion_contact": {"external_id": "ANA"}, "duplicate_of": {"external_id": "a"}})

    assert outcomes(push(client, "activities", repeat, activity("a"))) == ["created", "created"]

    assert Activity.objects.get(source_ref="b").duplicate_of == Activity.objects.get(source_ref="a")
    chain = {**change("c", 1), **{"relations": {"duplicate_of": {"external_id": "b"}}}}
    chain = {**activity("c"), "relations": {**activity("c")["relations"], **chain["relations"]}}
    failed = push(client, "activities", chain, activity("d")).json()["results"]
    assert [result["outcome"] for result in failed] == ["failed", "created"]
    assert [(e["code"], e["pointer"]) for e in failed[0]["errors"]] == [
        ("duplicate_chain", "/items/0/relations/duplicate_of")
    ]
    undo = {**change("b", 2), "relations": {"duplicate_of": None}}
    assert outcomes(push(client, "activities", undo)) == ["updated"]
    assert Activity.objects.get(source_ref="b").duplicate_of is None


CLOCK, AUTHOR, REPEATS = "/source_updated_at", "/relations/champion_contact", "/relations/duplicate_of"
BAD_ACTIVITIES = {
    "no object": (5, "invalid_type", ""),
    "no id": ({**activity(), "external_id": None}, "invalid_type", "/external_id"),
    "an id with a space": (activity(" x"), "invalid_external_id", "/external_id"),
    "an unknown key": ({**activity(), "colour": 1}, "unknown_field", "/colour"),
    "an unknown op": (change(op="drop"), "invalid_choice", "/op"),
    "no clock": ({"external_id": "x", "fields": {}}, "required", "/source_updated_at"),
    "a clock of tomorrow": ({**activity("x"), "source_updated_at": AHEAD}, "source_timestamp_in_future", CLOCK),
    "an unknown field": (change(colour="red"), "unknown_field", "/fields/colour"),
    "our own field": (change(id="act_1"), "read_only_field", "/fields/id"),
    "an unknown kind": (change(kind="dance"), "invalid_choice", "/fields/kind"),
    "a long title": (change(title="x" * 256), "too_long", "/fields/title"),
    "no moment": (change(occurred_at="soon"), "invalid_datetime", "/fields/occurred_at"),
    "a moment without offset": (change(occurred_at="2026-01-01T00:00:00"), "invalid_datetime", "/fields/occurred_at"),
    "a moment to come": (change(occurred_at=AHEAD), "in_the_future", "/fields/occurred_at"),
    "a cleared kind": (change(kind=None), "required", "/fields/kind"),
    "an unknown relation": ({**change(), "relations": {"boss": None}}, "unknown_field", "/relations/boss"),
    "a relation by name": ({**change(), "relations": {"duplicate_of": "a"}}, "invalid_relation", REPEATS),
    "an unknown person": (by("external_id", "?"), "unknown_relation", AUTHOR),
    "a foreign id": (by("id", "acc_1"), "unknown_relation", AUTHOR),
    "no customer's": (by("external_id", "BOB"), "not_a_customer_contact", AUTHOR),
    "nobody": (activity("x", relations={}), "required", AUTHOR),
    "nothing to update": (change("x", op="update_only", title="T"), "not_found", "/external_id"),
    "nothing to restore": (change("x", op="restore"), "not_found", "/external_id"),
    "of itself": ({**change(), "relations": {"duplicate_of": {"external_id": "a"}}}, "duplicate_chain", REPEATS),
}  # fmt: skip
BAD_ENCOUNTERS = {
    "no act": (encounter("x", activity={"external_id": "?"}), "unknown_relation", "/relations/activity"),
    "no buyer": (encounter("x"), "no_buyer_identity", "/fields/buyer_domain"),
    "free mail": (change("e", buyer_domain="gmail.com"), "no_buyer_identity", "/fields/buyer_domain"),
    "no domain": (change("e", buyer_domain="http://x"), "invalid_domain", "/fields/buyer_domain"),
    "sourced nothing": (change("e", role="sourced"), "sourced_needs_opportunity", "/relations/opportunity"),
    "a weight of none": (change("e", weight_hint="0"), "out_of_range", "/fields/weight_hint"),
    "a weight too exact": (change("e", weight_hint="1.0001"), "out_of_range", "/fields/weight_hint"),
    "a weight in words": (change("e", weight_hint="heavy"), "invalid_decimal", "/fields/weight_hint"),
    "a weight as number": (change("e", weight_hint=2), "invalid_type", "/fields/weight_hint"),
    "a moment to come": (change("e", occurred_at=AHEAD), "in_the_future", "/fields/occurred_at"),
    "a cleared act": ({**change("e"), "relations": {"activity": None}}, "required", "/relations/activity"),
}  # fmt: skip


@pytest.fixture
def bob(crm):
    IdentityFactory(source=crm, object_type="contact", external_id="BOB", account=None, contact=ContactFactory())


def snapshot():
    tables = (Activity, Encounter, RecordKey, Touch, OutboxEvent, ExternalIdentity)
    return [list(model.objects.order_by("pk").values()) for model in tables]


def assert_fails_alone(client, noun, odd, code, pointer):
    before = snapshot()
    answer = push(client, noun, odd)

    result = answer.json()["results"][0]
    assert (result["outcome"], result["status"]) == ("failed", 404 if code == "not_found" else 422)
    assert [(e["code"], e["pointer"], e["retryable"]) for e in result["errors"]] == [
        (code, f"/items/0{pointer}", False)
    ]
    assert snapshot() == before


@pytest.mark.parametrize(("odd", "code", "pointer"), BAD_ACTIVITIES.values(), ids=BAD_ACTIVITIES)
def test_bad_activity_fails_with_its_pointer_and_changes_nothing(client, bob, odd, code, pointer):
    push(client, "activities", activity())

    assert_fails_alone(client, "activities", odd, code, pointer)


@pytest.mark.parametrize(("odd", "code", "pointer"), BAD_ENCOUNTERS.values(), ids=BAD_ENCOUNTERS)
def test_bad_encounter_fails_with_its_pointer_and_changes_nothing(client, odd, code, pointer):
    push(client, "activities", activity())
    push(client, "encounters", encounter(fields={**encounter()["fields"], "buyer_domain": "buyer.example"}))

    assert_fails_alone(client, "encounters", odd, code, pointer)


def test_every_error_of_an_item_is_named_and_good_items_go_on(client):
    odd = {**activity("x"), "op": "drop", "fields": {"kind": "dance", "occurred_at": "soon", "colour": 1}}

    answer = push(client, "activities", odd, activity("good"), activity("twice"), activity("twice"))

    assert outcomes(answer) == ["failed", "created", "failed", "failed"]
    first = {(error["code"], error["pointer"]) for error in answer.json()["results"][0]["errors"]}
    assert first == {
        ("invalid_choice", "/items/0/op"),
        ("invalid_choice", "/items/0/fields/kind"),
        ("invalid_datetime", "/items/0/fields/occurred_at"),
        ("unknown_field", "/items/0/fields/colour"),
    }
    assert {e["code"] for e in answer.json()["results"][2]["errors"]} == {"duplicate_in_request"}


@pytest.mark.parametrize("bad", [change("x", title=5), activity("x", relations={})], ids=["form", "rule"])
def test_all_or_none_keeps_everything_out(client, bad):
    answer = push(client, "activities", activity(), bad, all_or_none=True)

    assert (answer.status_code, outcomes(answer)) == (422, ["rolled_back", "failed"])
    assert not Activity.objects.exists()
    assert not RecordKey.objects.exists()


def test_events_carry_version_changed_fields_and_what_the_sender_calls_the_write(client):
    push(client, "activities", activity(trace_id="one"))
    push(client, "activities", change(second=2, title="New") | {"trace_id": "two"})
    push(client, "activities", change(second=3, op="delete") | {"trace_id": "three"})

    events = OutboxEvent.objects.filter(object_type="activity").order_by("id")
    told = [(e.type, e.version, e.changed_fields, e.trace_id, e.origin_kind, e.origin_source) for e in events]
    assert told == [
        ("activity.recorded", 1, ["champion", "evidence", "kind", "occurred_at", "title"], "one", "client", "crm"),
        ("activity.recorded", 2, ["title"], "two", "client", "crm"),
        ("activity.withdrawn", 3, ["withdrawn_at"], "three", "client", "crm"),
    ]


def test_statements_do_not_grow_with_the_items(client):
    # Nominates the champion, and makes the tables of the matcher.
    push(client, "activities", activity())
    push(client, "encounters", encounter(buyer_contact={"external_id": "ANA"}))
    counts = []
    for size in (2, 200):
        acts = [activity(f"{size}-{n}") for n in range(size)]
        met = [
            encounter(
                f"{size}-{n}",
                activity={"external_id": f"{size}-{n}"},
                opportunity={"external_id": f"D{size}-{n}"},
                buyer_contact={"external_id": f"C{size}-{n}"},
            )
            for n in range(size)
        ]
        gone = [change(f"{size}-{n}", 9, op="delete") for n in range(size)]
        for noun, items in (("activities", acts), ("encounters", met), ("activities", gone), ("encounters", gone)):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                answer = push(client, noun, *items)
            assert "failed" not in outcomes(answer)
            counts.append(len(queries))

    assert counts[:4] == counts[4:]
    assert max(counts) <= 45


def test_only_clients_with_the_scope_push_records(caller, session, administrator, ana):
    answers = [
        push(who, noun, activity())
        for noun in ("activities", "encounters")
        for who in (caller("activities:read"), session(administrator))
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [
        (403, "missing_scope"),
        (403, "client_required"),
    ] * 2


def test_one_source_does_not_see_the_ids_of_another(client, caller, ana):
    push(client, "activities", activity())
    Activity.objects.update(source="crm:other")

    assert outcomes(push(client, "activities", change(op="update_only", title="T"))) == ["failed"]
