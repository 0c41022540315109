"""Storing signals: repeats, corrections, refusals, writers at once."""

from __future__ import annotations

import datetime as dt
import itertools
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.actions.signal import Named, SignalItem, store_signals
from accounts.choices import IdentityState
from accounts.models import ExternalIdentity, Signal, SignalKey
from advocacy.models import ReadinessDirty
from tests.factories.accounts import AccountFactory, ContactFactory, SourceFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 6, 17, 13, 30, tzinfo=dt.UTC)


@pytest.fixture
def account():
    return AccountFactory()


@pytest.fixture
def contact(account):
    return ContactFactory(account=account)


def _item(account, raw, *, kind="health", external_id="", clock=None, **fields):
    return SignalItem(
        kind=kind,
        raw=raw,
        observed_at=fields.pop("observed_at", AT),
        account=Named(pk=account.pk) if account else None,
        external_id=external_id,
        clock=clock,
        **fields,
    )


def _put(*items, **options):
    return store_signals(items, source="product", at=AT, **options)


def _outcomes(results):
    return [result.outcome for result in results]


def _current():
    return list(Signal.objects.filter(is_current=True).order_by("id").values_list("raw", flat=True))


def test_stored_signal_carries_value_source_and_subject(account, contact):
    (result,) = _put(_item(account, "4.5", kind="relationship", external_id="r-1", contact=Named(pk=contact.pk)))

    stored = Signal.objects.get()
    assert (result.outcome, result.signal_id) == ("created", stored.pk)
    assert (stored.kind, stored.account_id, stored.contact_id) == ("relationship", account.pk, contact.pk)
    assert (stored.raw, stored.value, stored.observed_at) == (Decimal("4.5000"), Decimal("87.50"), AT)
    assert (stored.source, stored.external_id, stored.is_current) == ("product", "r-1", True)


def test_contact_kind_may_stand_for_the_company(account):
    assert _outcomes(_put(_item(account, 4, kind="csat"))) == ["created"]
    assert Signal.objects.get().contact is None


def test_contact_alone_names_its_account(contact):
    assert _outcomes(_put(_item(None, 9, kind="nps", contact=Named(pk=contact.pk)))) == ["created"]
    assert Signal.objects.get().account_id == contact.account_id


def test_same_payload_again_is_unchanged(account):
    _put(_item(account, 50, external_id="a", clock=(1, 0)))

    again = _put(_item(account, "50.0", external_id="a", clock=(1, 0)))

    assert _outcomes(again) == ["unchanged"]
    assert Signal.objects.count() == 1


def test_correction_adds_a_row_and_turns_the_old_one_off(account):
    (first,) = _put(_item(account, 50, external_id="a", clock=(1, 0)))

    (second,) = _put(_item(account, 60, external_id="a", clock=(2, 0)))

    assert second.outcome == "updated"
    assert list(Signal.objects.order_by("id").values_list("id", "raw", "is_current")) == [
        (first.signal_id, Decimal(50), False),
        (second.signal_id, Decimal(60), True),
    ]


def test_older_payload_is_stale(account):
    _put(_item(account, 50, external_id="a", clock=(5, 0)))

    assert _outcomes(_put(_item(account, 60, external_id="a", clock=(4, 9)))) == ["stale"]
    assert _current() == [50]


def test_unchanged_payload_still_moves_the_clock(account):
    _put(_item(account, 50, external_id="a", clock=(1, 0)))
    _put(_item(account, 50, external_id="a", clock=(9, 0)))

    assert _outcomes(_put(_item(account, 60, external_id="a", clock=(5, 0)))) == ["stale"]


def test_any_order_of_the_same_items_ends_alike(account):
    items = [
        _item(account, raw, external_id="a", clock=clock) for raw, clock in ((50, (1, 0)), (60, (2, 0)), (70, (2, 0)))
    ]
    ends = set()

    for order in itertools.permutations(items):
        with transaction.atomic():
            for item in order:
                _put(item)
            ends.add(tuple(_current()))
            transaction.set_rollback(True)

    assert len(ends) == 1


def test_same_id_of_another_source_is_another_signal(account):
    store_signals([_item(account, 50, external_id="a")], source="product", at=AT)

    results = store_signals([_item(account, 50, external_id="a")], source="survey", at=AT)

    assert _outcomes(results) == ["created"]


def test_good_items_go_on_when_others_fail(account):
    results = _put(_item(account, 500), _item(account, 50), _item(account, "x"))

    assert _outcomes(results) == ["failed", "created", "failed"]
    assert [result.errors[0].code for result in results if result.errors] == ["raw_out_of_range", "invalid_number"]
    assert _current() == [50]


def test_one_failure_keeps_everything_out_when_asked(account):
    results = _put(_item(account, 500), _item(account, 50), all_or_none=True)

    assert _outcomes(results) == ["failed", "rolled_back"]
    assert Signal.objects.count() == 0


def test_id_twice_in_a_call_fails_both(account):
    results = _put(_item(account, 50, external_id="a"), _item(account, 60, external_id="a"), _item(account, 70))

    assert _outcomes(results) == ["failed", "failed", "created"]
    assert {result.errors[0].code for result in results[:2]} == {"duplicate_in_request"}


def test_long_id_is_refused(account):
    (good,), (bad,) = (_put(_item(account, 50, external_id="x" * length)) for length in (255, 256))

    assert (good.outcome, bad.outcome, bad.errors[0].code) == ("created", "failed", "invalid_external_id")


def test_relations_are_refused_by_name(account, contact):
    stranger = ContactFactory()
    homeless = ContactFactory(account=None)

    results = _put(
        _item(account, 50, contact=Named(pk=contact.pk)),
        _item(account, 9, kind="nps", contact=Named(pk=stranger.pk)),
        _item(None, 9, kind="nps", contact=Named(pk=homeless.pk)),
        _item(None, 50),
        SignalItem("health", 50, AT, account=Named(external_id="001")),
    )

    assert [result.errors[0].code for result in results] == [
        "contact_not_allowed",
        "contact_account_mismatch",
        "contact_account_mismatch",
        "required",
        "unknown_relation",
    ]
    assert Signal.objects.count() == 0


def test_names_of_a_source_lead_to_its_rows_and_through_merges(account, contact):
    crm, other = SourceFactory(), SourceFactory()
    winner = ExternalIdentity.objects.create(source=crm, object_type="account", external_id="W", account=account)
    ExternalIdentity.objects.create(
        source=crm, object_type="account", external_id="L", state=IdentityState.MERGED, canonical=winner
    )
    ExternalIdentity.objects.create(source=crm, object_type="contact", external_id="C", contact=contact)
    ExternalIdentity.objects.create(source=other, object_type="account", external_id="X", account=account)
    named = [Named(external_id=name) for name in ("W", "L", "X")]

    results = _put(
        *(SignalItem("health", 50, AT, account=name) for name in named),
        SignalItem("nps", 9, AT, contact=Named(external_id="C")),
        SignalItem("nps", 9, AT, contact=Named(public_id=contact.public_id)),
        names=crm,
    )

    assert _outcomes(results) == ["created", "created", "failed", "created", "created"]
    assert set(Signal.objects.values_list("account_id", flat=True)) == {account.pk}


def test_short_salesforce_ids_are_completed(account):
    crm = SourceFactory(kind="salesforce")
    full = "001A0000006Vm9rIAC"
    ExternalIdentity.objects.create(source=crm, object_type="account", external_id=full, account=account)

    results = _put(
        *(SignalItem("health", 50, AT, account=Named(external_id=name)) for name in ("001A0000006Vm9r", full, "\0")),
        names=crm,
    )

    assert _outcomes(results) == ["created", "created", "failed"]


def test_statements_do_not_grow_with_the_items(account):
    def statements(count, prefix):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            _put(*(_item(account, 50, external_id=f"{prefix}{n}") for n in range(count)))
        return len(captured)

    assert statements(2, "a") == statements(200, "b") <= 10


def test_writes_mark_whom_they_concern(account, contact):
    _put(_item(account, 50), _item(account, 9, kind="nps", contact=Named(pk=contact.pk)), _item(account, 51))

    assert sorted(ReadinessDirty.objects.values_list("account_id", "contact_id"), key=str) == sorted(
        [(account.pk, contact.pk), (account.pk, None)], key=str
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_signal SET value = 1",
        "UPDATE accounts_signal SET is_current = false, value = 1",
        "DELETE FROM accounts_signal",
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE accounts_signal",
    ],
)
def test_signals_are_append_only(account, statement):
    _put(_item(account, 50))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)

    assert _current() == [50]


def test_a_corrected_signal_does_not_come_back(account):
    _put(_item(account, 50))
    Signal.objects.update(is_current=False)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Signal.objects.update(is_current=True)


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_store_one_current_row_an_id(account):
    writers, ids = 8, [f"s{n}" for n in range(20)]
    barrier = Barrier(writers)

    def write(writer):
        items = [_item(account, 10 + writer, external_id=name, clock=(writer, 0)) for name in ids]
        barrier.wait()
        try:
            return _outcomes(_put(*(items if writer % 2 else reversed(items))))
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        outcomes = list(pool.map(write, range(writers)))

    assert sum(row.count("created") for row in outcomes) == len(ids)
    assert not any("failed" in row for row in outcomes)
    assert _current() == [17] * len(ids)
    assert SignalKey.objects.count() == len(ids)
