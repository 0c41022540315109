"""Observations pushed over HTTP: told once, corrected by a newer clock, refused one by one. `readiness` 12."""

from __future__ import annotations

import json

import pytest

from accounts.models import Signal
from tests.factories.accounts import AccountFactory, ContactFactory, IdentityFactory

pytestmark = pytest.mark.django_db
AHEAD = "2999-01-01T00:00:00Z"


@pytest.fixture
def acme(crm):
    account = AccountFactory()
    IdentityFactory(source=crm, external_id="A", account=account)
    return account


def signal(name, raw="9", second=1, **more):
    return {
        "external_id": name,
        "source_updated_at": f"2026-01-01T00:00:{second:02d}Z",
        "fields": {"kind": "health", "raw": raw, "observed_at": "2026-01-01T00:00:00Z"},
        "relations": {"account": {"external_id": "A"}},
        **more,
    }


def push(caller, *items, **more):
    body = json.dumps({"items": items, **more})
    return caller.post("/api/v1/signals/bulk-upsert", body, content_type="application/json")


def outcomes(answer):
    return [result["outcome"] for result in answer.json()["results"]]


def test_signal_is_created_once_and_corrected_by_a_newer_clock(caller, acme):
    crm = caller("signals:write")

    first = push(crm, signal("s", "9", 5, trace_id="t"))
    assert (first.status_code, outcomes(first)) == (207, ["created"])
    assert [first.json()["results"][0][key] for key in ("external_id", "trace_id", "status")] == ["s", "t", 201]
    assert outcomes(push(crm, signal("s", "9", 5))) == ["unchanged"]
    assert outcomes(push(crm, signal("s", "8", 6))) == ["updated"]
    assert outcomes(push(crm, signal("s", "7", 4))) == ["stale"]

    current = Signal.objects.filter(is_current=True).values_list("account", "raw", "source")
    assert list(current) == [(acme.pk, 8, "crm:crm")]


@pytest.mark.parametrize(
    ("odd", "code", "pointer"),
    [
        (5, "invalid_type", ""),
        ({"external_id": "s", "fields": {"kind": "health"}}, "required", "/fields/raw"),
        ({**signal("s"), "colour": 1}, "unknown_field", "/colour"),
        ({**signal("s"), "op": "delete"}, "invalid_type", "/op"),
        ({**signal("s"), "source_updated_at": "yesterday"}, "invalid_datetime", "/source_updated_at"),
        ({**signal("s"), "source_updated_at": AHEAD}, "source_timestamp_in_future", "/source_updated_at"),
        ({**signal("s"), "source_version": "new"}, "invalid_version", "/source_version"),
        (signal("s", "1e999999999"), "raw_out_of_range", "/fields/raw"),
        (signal("s", relations={"account": {"external_id": "B"}}), "unknown_relation", "/relations/account"),
        (signal("s", relations={"account": {"id": "nonsense"}}), "unknown_relation", "/relations/account"),
        (signal("s", relations={}), "required", "/relations/account"),
    ],
)  # fmt: skip
def test_bad_signal_fails_alone_with_its_pointer(caller, acme, odd, code, pointer):
    answer = push(caller("signals:write"), odd, signal("good"))

    assert outcomes(answer) == ["failed", "created"]
    assert [(e["code"], e["pointer"]) for e in answer.json()["results"][0]["errors"]] == [(code, f"/items/0{pointer}")]


@pytest.mark.parametrize("bad", [{"external_id": "x"}, signal("x", "1000")])
def test_all_or_none_keeps_every_signal_out(caller, acme, bad):
    answer = push(caller("signals:write"), signal("good"), bad, all_or_none=True)

    assert (answer.status_code, outcomes(answer)) == (422, ["rolled_back", "failed"])
    assert not Signal.objects.exists()


def test_signal_may_name_contact_and_account_by_our_ids(caller):
    contact = ContactFactory()
    named = {"account": {"id": contact.account.name_outside}, "contact": {"id": contact.name_outside}}
    nps = {"kind": "nps", "raw": 9, "observed_at": "2026-01-01T00:00:00Z"}

    assert outcomes(push(caller("signals:write"), signal("s", fields=nps, relations=named))) == ["created"]
    assert Signal.objects.get().contact == contact


def test_only_clients_with_the_scope_push_signals(caller, session, administrator):
    answers = [push(who, signal("s")) for who in (caller("accounts:write"), session(administrator))]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "missing_scope"), (403, "client_required")]
