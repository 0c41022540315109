"""`GET /changes`: who hears what, and the way on."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts.models import ExternalIdentity
from clg.events import feed, sweep
from clg.events.origin import Origin, caused_by
from clg.events.outbox import emit
from clg.models import FeedState, OutboxEvent
from tests.callers import bearer, make_client, make_token
from tests.clg.events.feeds import Reader
from tests.factories.accounts import AccountFactory, ContactFactory, OpportunityFactory, SourceFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 6, 1, 12, 0, tzinfo=dt.UTC)


def tell(type, row=None, *, version=None, fields=(), **refs):
    """One event of a row, as its action would write it."""
    with transaction.atomic():
        return emit(
            type,
            object_type=type.split(".")[0],
            object_id=row.public_id if row else uuid.uuid4(),
            version=version,
            changed_fields=fields,
            refs={name: one.public_id for name, one in refs.items()},
        )


def name(source, row, external_id, **fields):
    kind = row._meta.model_name
    values = {"source": source, "object_type": kind, "external_id": external_id, kind: row} | fields
    return ExternalIdentity.objects.create(**values)


def types(entries):
    return [entry["type"] for entry in entries]


def test_entry_says_what_the_specification_prints(caller, crm):
    deal = OpportunityFactory()
    name(crm, deal, "006A1")
    name(SourceFactory(slug="erp"), deal, "of another source")
    origin = Origin(kind="client", actor="client:999", source="hubspot-eu", trace_id="row-3")
    with caused_by(origin):
        event = tell("opportunity.updated", deal, version=4, fields=["stage", "amount"], opportunity=deal)

    body = Reader(caller(), start="oldest").page()

    event.refresh_from_db()
    assert body["data"] == [
        {
            "position": 1,
            "id": event.name_outside,
            "type": "opportunity.updated",
            "object": {"type": "opportunity", "id": deal.name_outside, "version": 4},
            "refs": {"opportunity": {"id": deal.name_outside, "external_ids": ["006A1"]}},
            "changed_fields": ["amount", "stage"],
            "occurred_at": event.occurred_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "origin": {"kind": "client", "source": "hubspot-eu", "trace_id": "row-3"},
        }
    ]
    assert body["has_more"] is False
    assert body["lag_seconds"] == 0
    assert body["epoch"] == str(FeedState.objects.get().epoch)


def test_cursor_of_now_hears_only_what_comes_after(caller):
    tell("account.updated")
    reader = Reader(caller())
    assert reader.page()["data"] == []
    tell("account.deleted")

    assert types(reader.rest()) == ["account.deleted"]
    assert reader.page()["data"] == []


def test_pages_are_cut_by_the_limit_and_go_on(caller):
    for number in range(5):
        tell("account.updated", version=number)
    reader = Reader(caller(), start="oldest", limit=2)

    first, second, third = reader.page(), reader.page(), reader.page()

    assert [[e["position"] for e in page["data"]] for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]


def test_lag_is_the_age_of_the_next_change(caller):
    tell("account.updated")
    tell("account.updated")
    OutboxEvent.objects.update(occurred_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10))

    reader = Reader(caller(), start="oldest", limit=1)

    assert 590 < reader.page()["lag_seconds"] < 660
    assert reader.page()["lag_seconds"] == 0


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ("account", ["account.updated", "account.merged"]),
        ("account.merged", ["account.merged"]),
        ("contact.erased,account.merged", ["account.merged", "contact.erased"]),
    ],
)
def test_types_are_kinds_or_single_ones(caller, wanted, heard):
    for type in ("account.updated", "account.merged", "contact.erased", "attribution.updated"):
        tell(type)

    assert types(Reader(caller(), start="oldest", types=wanted).rest()) == heard


def test_what_is_filtered_out_moves_the_cursor(caller, monkeypatch):
    monkeypatch.setattr(feed, "SCAN", 2)
    for _ in range(5):
        tell("account.updated")
    tell("account.merged")
    reader = Reader(caller(), start="oldest", types="account.merged")

    pages = [reader.page(), reader.page(), reader.page()]

    assert [types(page["data"]) for page in pages] == [[], [], ["account.merged"]]
    assert [page["has_more"] for page in pages] == [True, True, False]


@pytest.mark.parametrize(
    ("scope", "heard"),
    [
        ("accounts:read", ["account.updated"]),
        ("contacts:read", ["contact.erased"]),
        ("opportunities:read", ["opportunity.updated"]),
        ("attribution:read", ["attribution.updated"]),
        ("activities:read", ["activity.recorded", "encounter.recorded"]),
        ("champions:read", ["champion.nominated", "readiness.band_changed"]),
        ("source:read", []),
    ],
)
def test_types_without_their_scope_are_left_out(caller, scope, heard):
    told = ["account.updated", "contact.erased", "opportunity.updated", "attribution.updated", "activity.recorded"]
    for type in (*told, "encounter.recorded", "champion.nominated", "readiness.band_changed"):
        tell(type)

    reader = Reader(caller("changes:read", scope), start="oldest")

    assert types(reader.rest()) == heard
    assert reader.page(types="champion,account,contact")["data"] == []


def test_a_person_is_named_to_those_who_may_know_contacts(caller, crm):
    person = ContactFactory()
    name(crm, person, "003A")
    with transaction.atomic():
        refs = {"account": person.account.public_id, "contact": person.public_id}
        emit("champion.nominated", object_type="champion", object_id=uuid.uuid4(), refs=refs)

    (entry,) = Reader(caller("changes:read", "champions:read"), start="oldest").rest()
    (told,) = Reader(caller("changes:read", "champions:read", "contacts:read"), start="oldest").rest()

    assert set(entry["refs"]) == {"account"}
    assert told["refs"]["contact"] == {"id": person.name_outside, "external_ids": ["003A"]}
    assert person.public_id.hex not in str(entry)


def test_names_in_force_come_first_then_those_merged_away(caller, crm):
    winner, loser = AccountFactory(), AccountFactory()
    kept = name(crm, winner, "A")
    name(crm, loser, "B", state="merged", canonical=kept)
    name(crm, winner, "C")
    tell("account.merged", winner, account=winner)

    (entry,) = Reader(caller(), start="oldest").rest()

    assert entry["refs"]["account"]["external_ids"] == ["A", "C", "B"]


def test_own_changes_are_left_out_unless_asked_for(caller, crm):
    with caused_by(Origin(kind="client", actor="client:1", source="crm")):
        tell("account.updated")
    with caused_by(Origin(kind="client", actor="client:2", source="erp")):
        tell("account.deleted")
    tell("account.restored")
    client = caller()

    assert types(Reader(client, start="oldest").rest()) == ["account.deleted", "account.restored"]
    assert len(list(Reader(client, start="oldest", exclude_own="false").rest())) == 3


def test_private_kinds_reach_the_source_they_come_from_alone(caller, crm):
    with caused_by(Origin(kind="import", source="crm")):
        tell("import_job.completed")
    with caused_by(Origin(kind="import", source="erp")):
        tell("import_job.failed")

    assert types(Reader(caller(), start="oldest").rest()) == ["import_job.completed"]
    erp = bearer(make_token(make_client(SourceFactory(slug="erp"), "changes:read", "imports:write")))
    assert types(Reader(erp, start="oldest").rest()) == ["import_job.failed"]


def test_person_reads_without_names_of_any_source(session, marketer, crm):
    account = AccountFactory()
    name(crm, account, "001A")
    tell("account.updated", account, account=account)

    (entry,) = Reader(session(marketer), start="oldest").rest()

    assert entry["refs"] == {"account": {"id": account.name_outside, "external_ids": []}}


def refused(client, **query):
    answer = client.get("/api/v1/changes", query)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "now", "limit": 501}, "limit"),
        ({"from": "now", "limit": 0}, "limit"),
        ({"from": "now", "types": "account.exploded"}, "types"),
        ({"from": "now", "exclude_own": "no"}, "exclude_own"),
    ],
)
def test_bad_parameters_are_named(caller, query, parameter):
    status, body = refused(caller(), **query)

    assert (status, body["code"], body["parameter"]) == (400, "invalid_parameter", parameter)


def test_cursor_and_start_together_are_refused(caller):
    client = caller()
    cursor = Reader(client).page()["next_cursor"]

    assert refused(client, **{"cursor": cursor, "from": "now"})[1]["parameter"] == "from"


def test_altered_and_foreign_cursors_are_refused(caller):
    AccountFactory.create_batch(2)
    client = caller()
    cursor = Reader(client).page()["next_cursor"]
    of_a_list = client.get("/api/v1/accounts", {"limit": 1}).json()["next_cursor"]

    assert refused(client, cursor=cursor[:-2] + "AA")[1]["code"] == "invalid_cursor"
    assert refused(client, cursor=of_a_list)[1]["code"] == "cursor_mismatch"
    assert client.get("/api/v1/accounts", {"cursor": cursor}).json()["code"] == "cursor_mismatch"


def expired(client, cursor):
    status, body = refused(client, cursor=cursor)
    return status == 410 and body["code"] == "cursor_expired" and len(body["steps"]) == 3 and not body["retryable"]


def test_cursor_of_another_epoch_has_expired(caller, capsys):
    client = caller()
    tell("account.updated")
    cursor = Reader(client).page()["next_cursor"]

    call_command("new_feed_epoch")

    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "epoch": str(FeedState.objects.get().epoch),
        "last_position": 1,
    }
    assert expired(client, cursor)
    assert types(Reader(client, start="oldest").rest()) == ["account.updated"]


def test_cursor_beyond_the_last_position_has_expired(caller):
    client = caller()
    tell("account.updated")
    cursor = Reader(client).page()["next_cursor"]
    OutboxEvent.objects.all().delete()
    FeedState.objects.update(last_position=0)

    assert expired(client, cursor)


def test_cursor_from_before_what_is_kept_has_expired(caller):
    client = caller()
    early = Reader(client).page()["next_cursor"]
    tell("account.updated")
    late = Reader(client).page()["next_cursor"]
    OutboxEvent.objects.update(occurred_at=AT - dt.timedelta(days=31))
    assert sweep.purge_events(at=AT) == 1
    tell("account.deleted")

    assert expired(client, early)
    assert types(client.get("/api/v1/changes", {"cursor": late}).json()["data"]) == ["account.deleted"]
    assert types(Reader(client, start="oldest").rest()) == ["account.deleted"]


@pytest.mark.parametrize("rows", [3, 300])
def test_statements_are_the_same_for_few_and_many(caller, crm, rows, django_assert_num_queries):
    for number, account in enumerate(AccountFactory.create_batch(rows)):
        name(crm, account, f"A{number}")
        tell("account.updated", account, account=account)
    reader = Reader(caller(), start="oldest", limit=500)
    reader.page()
    reader.way = {"from": "oldest"}

    # The token, its bucket; the state; whether anything waits; the page.
    with django_assert_num_queries(5):
        assert len(reader.page()["data"]) == rows
