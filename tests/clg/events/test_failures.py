"""What a consumer could not handle: tried again or let go, once, by administrators."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import reverse

from clg.events import consumers
from clg.events.failures import FailedAgain, FailureGone, retry_failure, skip_failure
from clg.models import ConsumerFailure, FeedConsumer, FeedState, SecurityLog
from tests.clg.admin.rows import event

pytestmark = pytest.mark.django_db


@pytest.fixture
def failure():
    consumer = FeedConsumer.objects.create(name="test.reader", position=1)
    return ConsumerFailure.objects.create(consumer=consumer, event=event(1, position=1), error="ValueError")


@pytest.fixture
def handled(monkeypatch):
    """What the consumer was given; it works now."""
    seen = []
    monkeypatch.setattr(consumers, "_handlers", {"test.reader": seen.extend})
    return seen


def test_retry_hands_the_event_over_once(failure, handled):
    retry_failure(failure=failure)

    assert handled == [failure.event]
    assert ConsumerFailure.objects.count() == 0
    assert [row.event for row in SecurityLog.objects.all()] == ["event.retried"]
    with pytest.raises(FailureGone), transaction.atomic():
        retry_failure(failure=failure)
    assert len(handled) == 1


def test_retry_that_fails_again_changes_nothing(failure, monkeypatch):
    def handle(events):
        FeedState.objects.update(last_position=99)
        raise LookupError

    monkeypatch.setattr(consumers, "_handlers", {"test.reader": handle})

    with pytest.raises(FailedAgain, match="LookupError"):
        retry_failure(failure=failure)

    assert ConsumerFailure.objects.get() == failure
    assert FeedState.objects.get().last_position == 0
    assert SecurityLog.objects.count() == 0


def test_skipped_event_is_never_handled(failure, handled):
    skip_failure(failure=failure)

    assert handled == []
    assert ConsumerFailure.objects.count() == 0
    assert [(row.event, row.object_type) for row in SecurityLog.objects.all()] == [("event.skipped", "test.reader")]
    with pytest.raises(FailureGone), transaction.atomic():
        skip_failure(failure=failure)


def test_administrator_settles_from_the_page(session, administrator, failure, handled):
    answer = session(administrator).post(reverse("admin:clg_consumerfailure_act", args=[failure.pk, "retry"]))

    assert answer.status_code == 302
    assert len(handled) == 1


def test_administrator_settles_from_the_list(session, administrator, failure, handled):
    chosen = {"action": "skip", "_selected_action": [failure.pk], "answered": "1"}
    answer = session(administrator).post(reverse("admin:clg_consumerfailure_changelist"), chosen)

    assert answer.status_code == 302
    assert ConsumerFailure.objects.count() == 0


def test_marketer_sees_and_does_not_settle(session, marketer, failure, handled):
    client = session(marketer)

    assert client.get(reverse("admin:clg_consumerfailure_changelist")).status_code == 200
    assert client.post(reverse("admin:clg_consumerfailure_act", args=[failure.pk, "skip"])).status_code == 403
    assert ConsumerFailure.objects.count() == 1


def test_consumers_say_how_far_they_are(failure):
    FeedState.objects.update(last_position=3)
    FeedConsumer.objects.create(name="caught.up", position=3)
    waiting = event(2, position=2)

    rows = {row.name: row for row in FeedConsumer.objects.with_lag()}

    failing, ready = rows["test.reader"], rows["caught.up"]
    assert (failing.behind, failing.waiting_since, failing.failure_count) == (2, waiting.occurred_at, 1)
    assert (ready.behind, ready.waiting_since, ready.failure_count) == (0, None, 0)
