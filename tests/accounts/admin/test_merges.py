"""The screen of merges, and undoing one there."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.actions.merge import merge_duplicates
from accounts.models import Contact
from clg.models import SecurityLog
from tests.factories.accounts import AccountFactory, ContactFactory

pytestmark = pytest.mark.django_db


def merged(at):
    loser = AccountFactory()
    ContactFactory(account=loser)
    return merge_duplicates(winner=AccountFactory(), losers=[loser], at=at).event


def undo_page(event):
    return f"/admin/accounts/mergeevent/{event.pk}/act/undo/"


def test_a_marketer_undoes_a_merge_and_is_told_before_what_goes_back(session, marketer):
    event, client = merged(timezone.now()), session(marketer)

    asked = client.get(undo_page(event)).content.decode()
    answer = client.post(undo_page(event))

    event.refresh_from_db()
    assert "1 contact would go back." in asked
    assert (answer.status_code, event.undone_by) == (302, f"user:{marketer.pk}")
    assert Contact.objects.get().account_id == event.loser_ids[0]
    assert SecurityLog.objects.filter(event="account.merge_undone").count() == 1


def test_an_old_merge_is_refused_in_words(session, marketer):
    event = merged(timezone.now() - dt.timedelta(days=31))

    answer = session(marketer).post(undo_page(event))

    event.refresh_from_db()
    assert "30 days" in answer.content.decode()
    assert event.undone_at is None
