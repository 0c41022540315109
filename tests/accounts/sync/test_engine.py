"""What the merge engine answers and writes, item by item."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Contact, ExternalIdentity, Opportunity, OpportunityStage, Product, SyncConflict
from accounts.sync import engine
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, CONTACT, OPPORTUNITY
from clg.models import OutboxEvent
from tests.factories.accounts import AccountFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def source():
    return SourceFactory(rank=5, currency="USD", stage_map={"Won": {"outcome": "won"}})


def item(name, second, fields=None, relations=None, **more):
    moment = f"2026-01-01T00:00:{second:02d}Z"
    return {
        "external_id": name,
        "source_updated_at": moment,
        "fields": fields or {},
        "relations": relations or {},
        **more,
    }


def send(source, of, *items, **options):
    return upsert(source=source, of=of, raw_items=items, at=AT, **options)


def outcomes(results):
    return [result.outcome for result in results]


def codes(result):
    return [(error.code, error.pointer) for error in result.errors]


def test_created_then_unchanged_then_updated_then_stale(source):
    first = item("A", 5, {"name": "Acme", "website": "https://www.acme.example"})

    assert outcomes(send(source, ACCOUNT, first)) == ["created"]
    assert outcomes(send(source, ACCOUNT, first)) == ["unchanged"]
    assert outcomes(send(source, ACCOUNT, item("A", 6, {"name": "Acme AG"}))) == ["updated"]
    assert outcomes(send(source, ACCOUNT, item("A", 5, {"name": "Older"}))) == ["stale"]

    account = Account.objects.get()
    assert (account.name, account.domain, account.version) == ("Acme AG", "acme.example", 2)
    events = OutboxEvent.objects.order_by("id").values_list("type", "version", "changed_fields")
    assert list(events) == [("account.created", 1, ["name", "website"]), ("account.updated", 2, ["name"])]


def test_newer_clock_with_equal_values_writes_no_version_and_no_event(source):
    send(source, ACCOUNT, item("A", 1, {"name": "Acme"}))
    result = send(source, ACCOUNT, item("A", 2, {"name": "Acme"}))[0]

    assert (result.outcome, result.version, list(result.applied_fields)) == ("unchanged", 1, ["name"])
    assert OutboxEvent.objects.count() == 1
    assert ExternalIdentity.objects.get().clock[0] == 1_767_225_602_000_000


def test_every_error_is_named_with_its_pointer(source):
    bad = item("A", 1, {"website": "nope", "employees": -1, "colour": "red", "id": "acc_1"}, {"parent": "B"})

    result = send(source, ACCOUNT, bad, item("B", 1))[0]

    assert codes(result) == [
        ("invalid_url", "/fields/website"),
        ("out_of_range", "/fields/employees"),
        ("unknown_field", "/fields/colour"),
        ("read_only_field", "/fields/id"),
        ("invalid_relation", "/relations/parent"),
    ]
    assert not Account.objects.filter(identities__external_id="A").exists()


def test_duplicate_ids_in_one_call_fail_and_the_others_go_on(source):
    results = send(source, ACCOUNT, item("A", 1), item("B", 1), item("A", 2))

    assert outcomes(results) == ["failed", "created", "failed"]
    assert codes(results[0]) == [("duplicate_in_request", "/external_id")]
    assert Account.objects.count() == 1


def test_all_or_none_stores_nothing_when_one_fails(source):
    results = send(source, ACCOUNT, item("A", 1), item("B", 1, op="update_only"), all_or_none=True)

    assert outcomes(results) == ["rolled_back", "failed"]
    assert not Account.objects.exists()
    assert not ExternalIdentity.objects.exists()


def test_future_clock_is_refused_and_blocks_nothing(source):
    ahead = {"external_id": "A", "source_updated_at": "2026-11-22T12:11:00Z"}

    assert codes(send(source, ACCOUNT, ahead)[0]) == [("source_timestamp_in_future", "/source_updated_at")]
    assert outcomes(send(source, ACCOUNT, item("A", 1))) == ["created"]


def test_version_source_orders_by_parts(source):
    source = SourceFactory(ordering="version")

    def named(name, version):
        return {"external_id": "A", "source_version": version, "fields": {"name": name}}

    send(source, ACCOUNT, named("Ten", "7.10"))
    assert outcomes(send(source, ACCOUNT, named("Nine", "7.9"))) == ["stale"]
    assert codes(send(source, ACCOUNT, named("No", "7.9.1"))[0]) == [("invalid_version", "/source_version")]
    assert Account.objects.get().name == "Ten"


def test_circle_of_parents_fails_on_its_items_only(source):
    send(source, ACCOUNT, item("A", 1, {}, {"parent": {"external_id": "B"}}))

    results = send(
        source,
        ACCOUNT,
        item("B", 1, {}, {"parent": {"external_id": "A"}}),
        item("C", 1, {}, {"parent": {"external_id": "A"}}),
        item("D", 1, {}, {"parent": {"external_id": "D"}}),
    )

    assert outcomes(sorted(results, key=lambda r: r.line)) == ["failed", "created", "failed"]
    assert codes(results[0]) == [("relation_cycle", "/relations/parent")]
    assert not ExternalIdentity.objects.filter(external_id="D").exists()


def test_children_of_one_unknown_parent_take_one_pass(source, monkeypatch):
    passes, run = [], engine._Batch.run
    monkeypatch.setattr(engine._Batch, "run", lambda batch, items: (passes.append(len(items)), run(batch, items))[1])
    items = [item(f"c{n}", 1, {"last_name": "Silva"}, {"account": {"external_id": "A"}}) for n in range(3)]

    results = send(source, CONTACT, *items)

    assert outcomes(results) == ["created"] * 3
    assert passes == [3]


def test_child_first_makes_an_incomplete_parent_that_is_filled_later(source):
    send(source, CONTACT, item("c", 1, {"last_name": "Silva"}, {"account": {"external_id": "A"}}))
    parent = Account.objects.get()
    assert (parent.name, parent.complete) == ("", False)

    send(source, ACCOUNT, item("A", 1, {"name": "Acme"}))
    assert Contact.objects.get().account.name == "Acme"


def test_delete_restore_and_tombstone(source):
    assert outcomes(send(source, ACCOUNT, item("A", 3, op="delete"))) == ["deleted"]
    assert not Account.objects.exists()
    assert outcomes(send(source, ACCOUNT, item("A", 2, {"name": "Late"}))) == ["stale"]
    assert Account.objects.get().deleted_at is not None
    assert outcomes(send(source, ACCOUNT, item("A", 4, {"name": "Back"}))) == ["restored"]
    assert outcomes(send(source, ACCOUNT, item("A", 4, op="delete"))) == ["deleted"]
    assert outcomes(send(source, ACCOUNT, item("A", 4, op="delete"))) == ["unchanged"]

    types = OutboxEvent.objects.order_by("id").values_list("type", flat=True)
    assert list(types) == ["account.deleted", "account.restored", "account.deleted"]


def test_field_belongs_to_the_source_of_higher_rank(source):
    first = SourceFactory(rank=1, match_accounts_by_domain=True)
    source.match_accounts_by_domain = True
    send(first, ACCOUNT, item("X", 1, {"name": "By rank 1", "domain": "acme.example"}))

    result = send(source, ACCOUNT, item("A", 9, {"name": "By rank 5", "domain": "acme.example", "industry": "Tech"}))[0]

    assert (result.outcome, list(result.ignored_fields), list(result.applied_fields)) == (
        "linked",
        ["domain", "name"],
        ["industry"],
    )
    account = Account.objects.get()
    assert (account.name, account.industry) == ("By rank 1", "Tech")


def test_no_link_when_two_live_accounts_have_the_domain(source):
    source.match_accounts_by_domain = True
    AccountFactory.create_batch(2, domain="acme.example")

    assert outcomes(send(source, ACCOUNT, item("A", 1, {"domain": "acme.example"}))) == ["created"]


@pytest.mark.parametrize(
    ("stored", "sent", "outcome"),
    [
        ("acme.example", "shop.acme.example", "linked"),
        ("shop.acme.co.uk", "acme.co.uk", "linked"),
        ("eu.acme.co.uk", "us.acme.co.uk", "linked"),
        ("acme.co.uk", "other.co.uk", "created"),  # co.uk is nobody's
        ("acme.example", "notacme.example", "created"),
        ("one.github.io", "two.github.io", "created"),  # a suffix that a company gives away
        ("gmail.com", "gmail.com", "created"),
    ],
)
def test_new_names_link_by_the_domain_that_was_registered(source, stored, sent, outcome):
    source.match_accounts_by_domain = True
    AccountFactory(domain=stored)

    assert outcomes(send(source, ACCOUNT, item("A", 1, {"domain": sent}))) == [outcome]


def test_two_names_of_a_batch_that_want_one_account_are_both_new(source):
    source.match_accounts_by_domain = True
    AccountFactory(domain="acme.example")

    sent = [item(name, 1, {"domain": f"{name}.acme.example"}) for name in ("a", "b")]
    assert outcomes(send(source, ACCOUNT, *sent)) == ["created", "created"]


def test_no_link_to_an_account_that_a_name_of_the_source_stands_for(source):
    source.match_accounts_by_domain = True
    send(source, ACCOUNT, item("A", 1, {"domain": "acme.example"}))

    assert outcomes(send(source, ACCOUNT, item("B", 1, {"domain": "eu.acme.example"}))) == ["created"]


def test_equal_clock_and_other_value_notes_a_conflict_once(source):
    send(source, ACCOUNT, item("A", 1, {"name": "Beta"}))
    for _ in range(2):
        send(source, ACCOUNT, item("A", 1, {"name": "Alfa"}))

    assert Account.objects.get().name == "Beta"
    assert [conflict.field for conflict in SyncConflict.objects.all()] == ["name"]


def test_deal_stage_outcome_roles_owner_and_product(source):
    owner = UserFactory(email="Olga@corvane.example")
    product = Product.objects.create(name="GTX Pro")
    deal = item(
        "o",
        1,
        {"name": "Deal", "kind": "renewal", "stage": "Won", "amount": "12.5", "closed_at": "2026-01-03",
         "owner_email": "olga@corvane.example", "product": "GTXPro"},
        {"account": {"external_id": "A"}, "contacts": [{"external_id": "c", "role": "Boss", "is_primary": True}]},
    )  # fmt: skip

    send(source, OPPORTUNITY, deal)

    row = Opportunity.objects.get()
    assert (row.outcome, str(row.amount), row.currency) == ("won", "12.500000", "USD")
    assert (row.owner, row.product, row.product_text) == (owner, product, "GTXPro")
    assert row.closed_at == dt.datetime(2026, 1, 3, 23, 59, 59, 999_999, tzinfo=dt.UTC)
    assert [(r.role, r.is_primary) for r in row.contact_roles.all()] == [("Boss", True)]
    assert [str(stage) for stage in OpportunityStage.objects.all()] == ["Won from 2026-01-01"]


def test_amount_without_any_currency_is_refused():
    deal = item("o", 1, {"amount": "12.5"})

    assert codes(send(SourceFactory(), OPPORTUNITY, deal)[0]) == [("currency_required", "/fields/currency")]


def test_item_that_the_database_refuses_fails_alone(source, monkeypatch):
    # A rule that only PostgreSQL holds: the parser is told to let the item through.
    monkeypatch.setitem(__import__("accounts.sync.values", fromlist=["CHECKS"]).CHECKS, "choice", lambda v, f: v)

    results = send(
        source, ACCOUNT, *(item(f"A{n}", 1, {"lifecycle": "odd" if n == 3 else "customer"}) for n in range(6))
    )

    assert [r.external_id for r in results if r.outcome == "failed"] == ["A3"]
    assert codes(results[3]) == [("refused_by_database", "")]
    assert Account.objects.count() == 5


def test_ordering_of_a_source_is_frozen_with_its_first_identity(source):
    send(source, ACCOUNT, item("A", 1))
    source.ordering = "version"

    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        source.save()


def mixed_accounts(count, second):
    kinds = [
        lambda n: item(f"A{n}", second, {"name": f"New {n}"}, {"parent": {"external_id": f"P{n}"}}),
        lambda n: item(f"A{n}", 0, op="delete"),
        lambda n: item(f"A{n}", second, op="update_only"),
    ]
    return [kinds[n % 3 if count > 2 else 0](n) for n in range(count)]


def mixed_deals(count, second):
    return [
        item(
            f"o{n}",
            second,
            {"name": f"Deal {second}", "stage": f"S{second}"},
            {"account": {"external_id": f"A{n}"}, "contacts": [{"external_id": f"c{n}"}]},
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(("of", "items", "most"), [(ACCOUNT, mixed_accounts, 25), (OPPORTUNITY, mixed_deals, 40)])
def test_statements_do_not_grow_with_the_batch(source, of, items, most):
    counts = []
    for size in (2, 200):
        send(source, of, *items(size, 1))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            send(source, of, *items(size, 2))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= most
