"""Runs: started by whom may, followed while they work, told when they have ended."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from advocacy.actions.attribution import attribute_changes
from advocacy.admin.run_page import Pace
from advocacy.choices import RunKind, RunStatus
from advocacy.models import AttributionDirty, AttributionModel, AttributionRun, AttributionRunRange
from tests.advocacy.attribution.tenant import deal, meet

pytestmark = pytest.mark.django_db

LIST = reverse("admin:advocacy_attributionrun_changelist")
START = reverse("admin:advocacy_attributionrun_do", args=["start"])


def page_of(client, run):
    return client.get(reverse("admin:advocacy_attributionrun_change", args=[run.pk])).content.decode()


def running(parts=2, **fields):
    began = timezone.now() - dt.timedelta(seconds=30)
    values = {"kind": RunKind.FULL, "status": RunStatus.RUNNING, "as_of": began, "started_at": began, **fields}
    run = AttributionRun.objects.create(deals_total=400, **values)
    for number in range(parts):
        AttributionRunRange.objects.create(run=run, number=number, to_deal=9, deals_done=50, heartbeat_at=began)
    return run


def test_marketer_starts_a_full_run_once(client, marketer):
    client.force_login(marketer)
    assert START in client.get(LIST).content.decode()

    answers = [client.post(START, {"what": "full"}) for _ in range(2)]

    run = AttributionRun.objects.get()
    assert (run.kind, run.requested_by) == (RunKind.FULL, f"user:{marketer.pk}")
    assert {answer["Location"] for answer in answers} == {
        reverse("admin:advocacy_attributionrun_change", args=[run.pk])
    }
    assert f"asked by {marketer}" in client.get(answers[0]["Location"]).content.decode()
    assert f">{marketer}<" in client.get(LIST).content.decode()


def test_run_of_one_model_is_about_its_current_version(client, marketer):
    client.force_login(marketer)
    model = AttributionModel.objects.get(key="influenced-u")

    client.post(START, {"what": "influenced-u"})

    assert AttributionRun.objects.get().model_versions == [model.current_version_id]


def test_changes_run_without_changes_says_so(client, marketer):
    client.force_login(marketer)
    AttributionDirty.objects.all().delete()

    page = client.post(START, {"what": "changes"}).content.decode()

    assert "Nothing has changed since the last run" in page
    assert not AttributionRun.objects.exists()


@pytest.mark.parametrize("answer", ["influenced-markov", "as_of", ""])
def test_what_cannot_be_computed_is_refused(client, marketer, answer):
    client.force_login(marketer)

    assert client.post(START, {"what": answer}).status_code == 200
    assert not AttributionRun.objects.exists()


@pytest.mark.parametrize("role", ["leader", "auditor", "seller", "administrator"])
def test_who_only_reads_starts_nothing(client, role, request):
    client.force_login(request.getfixturevalue(role))

    assert START not in client.get(LIST).content.decode()
    answer = client.post(START, {"what": "full"})

    assert answer.status_code == 403
    assert "Attribution is run by customer marketers." in answer.content.decode()
    assert not AttributionRun.objects.exists()


def test_page_of_a_running_run_shows_how_far_it_is(client, marketer):
    client.force_login(marketer)

    page = page_of(client, running())

    assert "25 % done" in page
    assert "100 of 400 deals; about 2 minutes left." in page
    assert "load delay:2s" in page


def test_while_it_matches_no_time_is_promised(client, marketer):
    client.force_login(marketer)
    run = running()
    run.ranges.filter(number=0).update(is_matching=True)

    page = page_of(client, run)

    assert "Matching every encounter first" in page
    assert "left." not in page


@pytest.mark.parametrize(
    ("status", "said", "is_live"),
    [
        (RunStatus.QUEUED, "Waiting for its turn", True),
        (RunStatus.FAILED, "This run has failed", False),
        (RunStatus.COMPLETED, "Totals by model", False),
    ],
)
def test_page_says_where_a_run_stands(client, marketer, status, said, is_live):
    client.force_login(marketer)
    run = AttributionRun.objects.create(kind=RunKind.FULL, as_of=timezone.now(), status=status, error="Boom: <b>")

    page = page_of(client, run)

    assert said in page
    assert ("load delay:2s" in page) is is_live
    assert "Boom: <b>" not in page


def test_finished_run_tells_refusals_and_totals(client, marketer):
    client.force_login(marketer)
    opportunity = deal()
    meet(5, opportunity=opportunity)
    meet(-900, opportunity=opportunity)
    run = attribute_changes(at=timezone.now())

    page = page_of(client, run)

    assert "influenced-linear" in page
    assert "Outside window refuses most touches" in page


def test_page_asks_as_often_for_many_parts(client, marketer):
    client.force_login(marketer)
    few_parts, many_parts = running(), running(parts=60, branch_id=1)
    page_of(client, few_parts)

    with CaptureQueriesContext(connection) as few:
        page_of(client, few_parts)
    with CaptureQueriesContext(connection) as many:
        page_of(client, many_parts)

    assert len(many) == len(few)


def test_pace_knows_no_time_left_before_it_has_one():
    second = dt.timedelta(seconds=1)

    assert Pace(0, 400, 30 * second).left is None
    assert Pace(100, 400, second).left is None
    assert Pace(100, 400, 30 * second).left == 90 * second
    assert Pace(500, 400, 30 * second).left == 0 * second
    assert Pace(400, 400, 30 * second).share == 99
