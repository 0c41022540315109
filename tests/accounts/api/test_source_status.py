"""`/api/v1/source-status`: the standing of the caller's own source, in a constant number of queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, ImportJob, ReceivedHour
from accounts.source_status import received_days
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, OPPORTUNITY
from clg.api.bulk import OUTCOMES
from clg.events.numbering import number_events
from clg.models import FeedState
from clg.models.webhooks import WebhookEndpoint
from tests.callers import make_client
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db
CLOCK = "2026-03-01T09:00:00Z"
ENDPOINT = {"event_types": ["account.*"], "secret": b"closed"}


def send(source, *items, of=ACCOUNT, ago=dt.timedelta()):
    raw = [{"external_id": name, "source_updated_at": CLOCK, "fields": fields} for name, fields in items]
    return upsert(source=source, of=of, raw_items=raw, at=timezone.now() - ago)


def counted(**some):
    return {outcome: some.get(outcome, 0) for outcome in OUTCOMES}


def status(caller):
    answer = caller("source:read").get("/api/v1/source-status")
    assert answer.status_code == 200
    return answer.json()


def test_source_that_sent_nothing_has_zeros(crm, caller):
    body = status(caller)

    assert body["source"] == {
        "id": crm.name_outside,
        "slug": "crm",
        "name": crm.name,
        "kind": crm.kind,
        "ordering": "updated_at",
    }
    assert body["objects"] == [
        {
            "object": kind,
            "last_received_at": None,
            "newest_clock": None,
            "counts_24h": counted(),
            "counts_7d": counted(),
            "incomplete_over_7d": {"count": 0, "exact": True},
        }
        for kind in ("account", "contact", "opportunity")
    ]
    assert body["refused"] == body["conflicts"] == body["unmapped_stages"] == body["running_imports"] == []


def test_items_are_counted_in_their_windows_by_outcome_and_code(crm, caller):
    send(crm, ("a", {"name": "A"}), ago=dt.timedelta(days=8))
    send(crm, ("a", {"name": "A"}), ("b", {"colour": 1}), ago=dt.timedelta(days=3))
    send(crm, ("c", {"name": "C"}), ("d", {"employees": -1}), ("e", {"colour": 1}))
    send(SourceFactory(), ("f", {"name": "F"}))

    body = status(caller)

    account = body["objects"][0]
    assert account["counts_24h"] == counted(created=1, failed=2)
    assert account["counts_7d"] == counted(created=1, unchanged=1, failed=3)
    assert account["newest_clock"] == "2026-03-01T09:00:00.000000Z"
    assert account["last_received_at"] > (timezone.now() - dt.timedelta(minutes=1)).isoformat()
    assert body["refused"] == [
        {"object": "account", "code": "unknown_field", "count_24h": 1, "count_7d": 2},
        {"object": "account", "code": "out_of_range", "count_24h": 1, "count_7d": 1},
    ]


def test_conflicts_stages_and_incomplete_rows_are_named(crm, caller):
    send(crm, ("a", {"name": "A"}), ("old", {}), ("new", {}))
    Account.objects.known_as(crm, ["old"]).update(created_at=timezone.now() - dt.timedelta(days=8))
    send(crm, ("a", {"name": "B"}))
    send(crm, ("1", {"stage": "Verbal yes"}), of=OPPORTUNITY)

    body = status(caller)

    assert body["objects"][0]["incomplete_over_7d"] == {"count": 1, "exact": True}
    (conflict,) = body["conflicts"]
    assert (conflict["object"], conflict["external_id"], conflict["field"]) == ("account", "a", "name")
    assert conflict["id"] == Account.objects.known_as(crm, ["a"]).get().name_outside
    assert [(stage["stage"], stage["items"]) for stage in body["unmapped_stages"]] == [("Verbal yes", 1)]


def test_running_imports_of_the_source_are_told(crm, caller):
    job = ImportJob.objects.create(
        source=crm, object_type="contact", state="running", started_at=timezone.now(), total=9, processed=4
    )
    ImportJob.objects.create(source=crm, object_type="account", state="complete")
    ImportJob.objects.create(source=SourceFactory(), object_type="account", state="running")

    (told,) = status(caller)["running_imports"]

    assert told.pop("started_at")
    assert told == {"id": job.name_outside, "object": "contact", "total": 9, "processed": 4}


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_refused_single_item_is_counted_once_though_nothing_of_it_is_stored(crm, caller, headers):
    client = caller("accounts:write", "source:read")
    body = {"source_updated_at": CLOCK, "fields": {"colour": "red"}}

    answer = client.patch("/api/v1/accounts/by-external-id/a", body, content_type="application/json", headers=headers)

    assert answer.status_code == 422
    assert client.get("/api/v1/source-status").json()["objects"][0]["counts_24h"] == counted(failed=1)
    assert not Account.objects.exists()


def test_endpoints_of_the_sources_clients_are_told_those_in_trouble_first(crm, caller):
    client = make_client(crm, "webhooks:manage")
    others = make_client(SourceFactory(), "webhooks:manage")
    own = {"owner": f"client:{client.pk}", "url": "https://a.example", **ENDPOINT}
    fine = WebhookEndpoint.objects.create(**own)
    failing = WebhookEndpoint.objects.create(**own, consecutive_failures=3)
    WebhookEndpoint.objects.create(owner=f"client:{others.pk}", url="https://b.example", **ENDPOINT)

    told = status(caller)["endpoints"]

    assert [(each["id"], each["consecutive_failures"]) for each in told] == [
        (failing.name_outside, 3),
        (fine.name_outside, 0),
    ]


def test_feed_and_limits_say_where_they_stand(crm, caller, settings):
    settings.API_RATES = {**settings.API_RATES, "read": (1, 5), "write": (1, 3)}
    send(crm, ("a", {"name": "A"}))

    waiting = status(caller)
    number_events()
    numbered = status(caller)

    assert waiting["feed"]["position"] == 0
    assert waiting["feed"]["lag_seconds"] > 0
    assert numbered["feed"] == {"position": FeedState.objects.get().last_position, "lag_seconds": 0}
    read, write = numbered["limits"]
    assert read == {"name": "read", "quota": 1, "window_seconds": 60, "burst": 5, "remaining": 4}
    assert write == {"name": "write", "quota": 1, "window_seconds": 60, "burst": 3, "remaining": 3}


def test_versions_are_told_as_their_source_writes_them(caller, crm):
    type(crm).objects.filter(pk=crm.pk).update(ordering="version")
    crm.refresh_from_db()
    upsert(
        source=crm,
        of=ACCOUNT,
        raw_items=[{"external_id": str(i), "source_version": text} for i, text in enumerate(["7.9", "7.10", "6"])],
        at=timezone.now(),
    )

    assert status(caller)["objects"][0]["newest_clock"] == "7.10"


def test_queries_are_constant(crm, caller):
    client = caller("source:read")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/api/v1/source-status").status_code == 200
        return len(captured)

    send(crm, ("a", {"name": "A"}))
    queries()
    few = queries()
    for turn in range(30):
        send(crm, *((f"{turn}-{i}", {"name": "A", f"wrong{i}": 1} if i else {"name": str(turn)}) for i in range(5)))
        send(crm, ("a", {"name": f"A{turn}"}))
        send(crm, ("1", {"stage": f"Stage {turn}"}), of=OPPORTUNITY, ago=dt.timedelta(hours=turn))

    assert queries() == few


def test_people_and_other_scopes_are_refused(caller, session, administrator):
    person = session(administrator).get("/api/v1/source-status")
    client = caller("accounts:read").get("/api/v1/source-status")

    assert (person.status_code, person.json()["code"]) == (403, "client_required")
    assert (client.status_code, client.json()["code"]) == (403, "missing_scope")


def test_days_are_those_of_the_source_without_holes(crm):
    crm.time_zone = "America/New_York"
    at = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
    for hour, counts in [(3, {"created": 2}), (5, {"created": 1, "failed": 4})]:
        ReceivedHour.objects.create(
            source=crm, object_type="account", hour=at.replace(hour=hour), counts=counts, received_at=at
        )

    days = received_days(crm, at=at, days=3)

    assert [(each.day.day, each.items, each.failed) for each in days] == [(8, 0, 0), (9, 2, 0), (10, 5, 4)]
