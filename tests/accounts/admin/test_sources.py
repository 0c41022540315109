"""The page of a source: its figures, and the form that maps its stages."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import CrmSource, Opportunity
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, OPPORTUNITY
from clg import wording
from clg.models import OutboxEvent, SecurityLog
from tests.factories.accounts import SourceFactory

pytestmark = pytest.mark.django_db
ADDED = reverse("admin:accounts_crmsource_add")


def page(source):
    return reverse("admin:accounts_crmsource_change", args=[source.pk])


def act(source):
    return reverse("admin:accounts_crmsource_act", args=[source.pk, "map-stages"])


def send(source, *items, of=ACCOUNT, clock="2026-03-01T09:00:00Z"):
    raw = [{"external_id": name, "source_updated_at": clock, "fields": fields} for name, fields in items]
    return upsert(source=source, of=of, raw_items=raw, at=timezone.now())


def deal(source, name):
    return Opportunity.objects.known_as(source, [name]).get()


def form_of(source, **changes):
    return {
        "name": source.name,
        "slug": source.slug,
        "kind": source.kind,
        "rank": source.rank,
        "is_active": "on",
        "ordering": source.ordering,
        "time_zone": source.time_zone,
        "currency": source.currency,
        "stage_map": "{}",
        "value_maps": "{}",
        **changes,
    }


def test_source_that_sent_nothing_says_so(session, marketer):
    shown = session(marketer).get(page(SourceFactory())).content.decode()

    assert "Nothing came in 14 days" in shown
    assert "Nothing was refused in 7 days." in shown
    assert "Every stage that came has an outcome." in shown
    assert "No two values came with one clock in 30 days." in shown
    assert "No client yet: nothing can push as this source." in shown


def test_figures_conflicts_and_refusals_are_shown(session, marketer):
    source = SourceFactory()
    send(source, ("a", {"name": "A"}), ("b", {"name": "B"}), ("c", {"colour": "red"}))
    send(source, ("a", {"name": "Z"}))
    send(source, ("1", {"stage": "Verbal yes"}), of=OPPORTUNITY)

    shown = session(marketer).get(page(source)).content.decode()

    assert "5 items in 14 days, 1 refused" in shown
    assert "2 created, 1 failed, 1 updated" in shown
    assert "unknown_field" in shown
    assert "Verbal yes" in shown
    assert '<code class="clg-code">a</code>' in shown
    assert "Map stages" not in shown, "marketers look, administrators map"


def test_page_costs_as_many_queries_with_much_as_with_little(session, administrator):
    source = SourceFactory()
    person = session(administrator)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert person.get(page(source)).status_code == 200
        return len(captured)

    send(source, ("a", {"name": "A"}), ("b", {"colour": 1}))
    send(source, ("a", {"name": "B"}))
    send(source, ("1", {"stage": "Stage"}), of=OPPORTUNITY)
    queries()
    few = queries()
    for turn in range(40):
        send(source, ("a", {"name": f"A{turn}"}), (f"{turn}", {"name": "A"}), (f"f{turn}", {f"wrong{turn}": 1}))
        send(source, (str(turn), {"stage": f"Stage {turn}"}), of=OPPORTUNITY)

    assert queries() == few


def test_mapped_stages_move_the_deals_that_stand_open_there(session, administrator):
    source, other = SourceFactory(), SourceFactory()
    send(source, ("1", {"stage": "Verbal yes"}), ("2", {"stage": "Gone", "name": "G"}), of=OPPORTUNITY)
    send(other, ("1", {"stage": "Verbal yes"}), of=OPPORTUNITY)
    version = deal(source, "1").version

    asked = session(administrator).get(act(source)).content.decode()
    answer = session(administrator).post(act(source), {"stage_0": "lost", "stage_1": "won"}, follow=True)

    assert asked.index("Gone") < asked.index("Verbal yes")
    assert "The stages are mapped." in answer.content.decode()
    source.refresh_from_db()
    assert source.stage_map == {"Gone": {"outcome": "lost"}, "Verbal yes": {"outcome": "won"}}
    assert (deal(source, "1").outcome, deal(source, "2").outcome) == ("won", "lost")
    assert (deal(other, "1").outcome, deal(source, "1").version) == ("open", version + 1)
    event = OutboxEvent.objects.get(type="opportunity.updated", object_id=deal(source, "1").public_id)
    assert (event.version, event.changed_fields) == (version + 1, ["outcome"])
    assert event.origin_actor == f"user:{administrator.pk}"
    assert SecurityLog.objects.filter(event="source.stages_mapped").count() == 1
    assert "Map stages" not in session(administrator).get(page(source)).content.decode()


def test_deal_sent_again_after_mapping_changes_nothing(session, administrator):
    source = SourceFactory()
    send(source, ("1", {"stage": "Verbal no"}), of=OPPORTUNITY)
    session(administrator).post(act(source), {"stage_0": "lost"})

    (result,) = send(CrmSource.objects.get(pk=source.pk), ("1", {"stage": "Verbal no"}), of=OPPORTUNITY)

    assert result.outcome == "unchanged"
    assert deal(source, "1").outcome == "lost"


@pytest.mark.parametrize("answers", [{}, {"stage_0": "maybe"}])
def test_form_without_a_known_outcome_is_refused(session, administrator, answers):
    source = SourceFactory()
    send(source, ("1", {"stage": "Verbal yes"}), of=OPPORTUNITY)

    answer = session(administrator).post(act(source), answers)

    assert answer.status_code == 200
    source.refresh_from_db()
    assert source.stage_map == {}
    assert deal(source, "1").outcome == "open"


def test_ordering_is_settled_by_the_first_identity(session, administrator):
    source = SourceFactory()
    person = session(administrator)

    before = person.get(page(source)).content.decode()
    send(source, ("a", {"name": "A"}))
    after = person.get(page(source)).content.decode()
    person.post(page(source), form_of(source, ordering="version", name="Renamed"))

    source.refresh_from_db()
    assert ('name="ordering"' in before, 'name="ordering"' in after) == (True, False)
    assert (source.name, source.ordering) == ("Renamed", "updated_at")


def test_new_source_ranks_below_all_others(session, administrator):
    last = SourceFactory(rank=7)
    person = session(administrator)

    offered = person.get(ADDED).content.decode()
    person.post(ADDED, form_of(last, slug="hubspot-eu", name="HubSpot", rank=8))

    assert 'name="rank" value="8"' in offered
    assert CrmSource.objects.get(slug="hubspot-eu").rank == 8


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("stage_map", '{"Won": "won"}'),
        ("stage_map", '{"Won": {"outcome": "maybe"}}'),
        ("stage_map", "[]"),
        ("value_maps", '{"lifecycle": {"Customer": 1}}'),
        ("rank", "0"),
    ],
)
def test_source_that_could_not_work_is_refused(session, administrator, field, value):
    source = SourceFactory(name="Old")

    answer = session(administrator).post(page(source), form_of(source, name="New", **{field: value}))

    assert answer.status_code == 200
    source.refresh_from_db()
    assert source.name == "Old"


def test_old_login_is_asked_again_before_a_stage_is_mapped(client, administrator):
    source = SourceFactory()
    send(source, ("1", {"stage": "Verbal yes"}), of=OPPORTUNITY)
    client.force_login(administrator)

    answer = client.post(act(source), {"stage_0": "won"})

    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert deal(source, "1").outcome == "open"


def test_chart_ends_with_today_where_the_source_is(session, marketer):
    source = SourceFactory(time_zone="Pacific/Kiritimati")

    shown = session(marketer).get(page(source)).content.decode()

    today = timezone.now().astimezone(dt.timezone(dt.timedelta(hours=14))).date()
    assert f">{wording.day(today)}<" in shown
